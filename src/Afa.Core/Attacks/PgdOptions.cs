using System.ComponentModel.DataAnnotations;

namespace Afa.Attacks;

/// <summary>Settings of <see cref="Pgd"/>. Lengths are in pixel units, where pixels lie in [0, 1].</summary>
public sealed record PgdOptions : IValidatableObject
{
    public AttackNorm Norm { get; init; } = AttackNorm.Linf;

    /// <summary>Radius of the ball; 8/255 is the usual CIFAR-10 bound.</summary>
    public double Epsilon { get; init; } = 8.0 / 255;

    /// <summary>Length of a step, in the same norm.</summary>
    public double StepSize { get; init; } = 2.0 / 255;

    public int Steps { get; init; } = 10;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Norm is not (AttackNorm.Linf or AttackNorm.L2))
        {
            yield return new($"Pgd works in Linf and L2, not in {Norm}; for L1 use apgd-ce.", [nameof(Norm)]);
        }

        // Written this way round, the checks also refuse NaN.
        if (Norm == AttackNorm.Linf && Epsilon is not (> 0 and <= 1))
        {
            yield return new($"Epsilon must be in (0, 1], not {Epsilon}; 8 grey levels of 255 are 0.0314.", [nameof(Epsilon)]);
        }

        if (Norm == AttackNorm.L2 && Epsilon is not (> 0 and <= 1000))
        {
            yield return new($"Epsilon must be in (0, 1000] for L2, not {Epsilon}.", [nameof(Epsilon)]);
        }

        if (!(StepSize > 0 && StepSize <= 2 * Epsilon))
        {
            yield return new($"StepSize must be in (0, 2 × Epsilon], not {StepSize}; a longer step jumps across the ball.", [nameof(StepSize)]);
        }

        if (Steps is < 1 or > 100_000)
        {
            yield return new($"Steps must be in [1, 100000], not {Steps}.", [nameof(Steps)]);
        }
    }
}
