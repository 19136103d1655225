using System.ComponentModel.DataAnnotations;

namespace Afa.Attacks;

/// <summary>Settings of <see cref="DeepFool"/>. The defaults are those of the authors' code.</summary>
public sealed record DeepFoolOptions : IValidatableObject
{
    public int Steps { get; init; } = 50;

    /// <summary>How far a step goes beyond the linearized boundary, as a share of its length.</summary>
    public double Overshoot { get; init; } = 0.02;

    /// <summary>Classes of highest logit for the clean image, with the label, among whose boundaries the nearest is looked for.</summary>
    public int CandidateClasses { get; init; } = 10;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Steps is < 1 or > 100_000)
        {
            yield return new($"Steps must be in [1, 100000], not {Steps}.", [nameof(Steps)]);
        }

        if (Overshoot is not (>= 0 and <= 1))   // Written this way round, the check also refuses NaN.
        {
            yield return new($"Overshoot must be in [0, 1], not {Overshoot}.", [nameof(Overshoot)]);
        }

        if (CandidateClasses is < 2 or > 1000)
        {
            yield return new($"CandidateClasses must be in [2, 1000], not {CandidateClasses}.", [nameof(CandidateClasses)]);
        }
    }
}
