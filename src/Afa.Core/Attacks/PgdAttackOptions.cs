using System.ComponentModel.DataAnnotations;

namespace Afa.Attacks;

/// <summary>Settings of <see cref="PgdAttack"/>; norm and radius are those of the evaluation.</summary>
public sealed record PgdAttackOptions : IValidatableObject
{
    public int Steps { get; init; } = 20;

    /// <summary>Length of a step as a share of epsilon.</summary>
    public double RelativeStepSize { get; init; } = 0.25;

    /// <summary>How often an image that withstands is attacked.</summary>
    public int Restarts { get; init; } = 1;

    /// <summary>Whether to start at a random point of the ball, not at the image.</summary>
    public bool StartsAtRandom { get; init; } = true;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Steps is < 1 or > 100_000)
        {
            yield return new($"Steps must be in [1, 100000], not {Steps}.", [nameof(Steps)]);
        }

        if (RelativeStepSize is not (> 0 and <= 2))   // Written this way round, the check also refuses NaN.
        {
            yield return new($"RelativeStepSize must be in (0, 2], not {RelativeStepSize}; a longer step jumps across the ball.", [nameof(RelativeStepSize)]);
        }

        if (Restarts is < 1 or > 1_000)
        {
            yield return new($"Restarts must be in [1, 1000], not {Restarts}.", [nameof(Restarts)]);
        }

        if (Restarts > 1 && !StartsAtRandom)
        {
            yield return new($"Restarts must be 1 without a random start, not {Restarts}; each would find the same.", [nameof(Restarts)]);
        }
    }
}
