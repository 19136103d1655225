using System.ComponentModel.DataAnnotations;
using Afa.Attacks;

namespace Afa.Training;

/// <summary>The attack inside training. Lengths are in pixel units, where pixels lie in [0, 1].</summary>
public sealed record InnerAttackOptions : IValidatableObject
{
    public AttackNorm Norm { get; init; } = AttackNorm.Linf;

    /// <summary>Radius, a decimal or a fraction such as "8/255". Null: the data set's usual radius.</summary>
    public string? Epsilon { get; init; }

    /// <summary>Length of a step as a share of epsilon.</summary>
    public double RelativeStepSize { get; init; } = 0.3;

    public int Steps { get; init; } = 5;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Norm is not (AttackNorm.Linf or AttackNorm.L2))
        {
            yield return new($"Attack.Norm must be Linf or L2 in training, not {Norm}; L1 is for evaluations.", [nameof(Norm)]);
        }

        if (Epsilon is not null && Radius.Problem(Epsilon, Norm) is { } problem)
        {
            yield return new($"Attack.Epsilon {problem}.", [nameof(Epsilon)]);
        }

        if (RelativeStepSize is not (> 0 and <= 2))
        {
            yield return new($"Attack.RelativeStepSize must be in (0, 2], not {RelativeStepSize}; a longer step jumps across the ball.", [nameof(RelativeStepSize)]);
        }

        if (Steps is < 1 or > 1000)
        {
            yield return new($"Attack.Steps must be in [1, 1000], not {Steps}.", [nameof(Steps)]);
        }
    }
}
