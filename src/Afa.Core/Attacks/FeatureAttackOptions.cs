using System.ComponentModel.DataAnnotations;

namespace Afa.Attacks;

/// <summary>Settings of <see cref="FeatureAttack"/>; norm and radius are those of the evaluation.</summary>
public sealed record FeatureAttackOptions : IValidatableObject
{
    public int Steps { get; init; } = 20;

    /// <summary>Length of a step as a share of epsilon.</summary>
    public double RelativeStepSize { get; init; } = 0.25;

    /// <summary>τ, which divides cosine similarities.</summary>
    public double Temperature { get; init; } = 0.1;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        // Written this way round, the checks also refuse NaN.
        if (Temperature is not (> 0 and <= 100))
        {
            yield return new($"Temperature must be in (0, 100], not {Temperature}; 0.1 is usual.", [nameof(Temperature)]);
        }

        foreach (var problem in Ascent.Validate(validationContext))
        {
            yield return problem;
        }
    }

    /// <summary>How the objective is ascended.</summary>
    internal PgdAttackOptions Ascent => new() { Steps = Steps, RelativeStepSize = RelativeStepSize };
}
