using System.ComponentModel.DataAnnotations;

namespace Afa.Attacks;

/// <summary>Settings of <see cref="Square"/>. The defaults are those of AutoAttack's standard version.</summary>
public sealed record SquareOptions : IValidatableObject
{
    /// <summary>How many candidates a search tries after its starting point.</summary>
    public int Queries { get; init; } = 5000;

    /// <summary>Share of the image that the first squares cover. It is halved after 10, 50, 200, 500, 1000, 2000, 4000, 6000 and 8000 queries.</summary>
    public double InitialShare { get; init; } = 0.8;

    /// <summary>How many searches a sample gets, each with its own draws, as long as none succeeds.</summary>
    public int Restarts { get; init; } = 1;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Queries is < 1 or > 1_000_000)
        {
            yield return new($"Queries must be in [1, 1000000], not {Queries}.", [nameof(Queries)]);
        }

        // Written this way round, the check also refuses NaN.
        if (InitialShare is not (> 0 and <= 1))
        {
            yield return new($"InitialShare must be in (0, 1], not {InitialShare}; 0.8 is four fifths of the image.", [nameof(InitialShare)]);
        }

        if (Restarts is < 1 or > 1000)
        {
            yield return new($"Restarts must be in [1, 1000], not {Restarts}.", [nameof(Restarts)]);
        }
    }
}
