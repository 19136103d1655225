using System.ComponentModel.DataAnnotations;

namespace Afa.Data;

/// <summary>Settings of <see cref="DirichletPlan"/>.</summary>
public sealed record DirichletOptions : IValidatableObject
{
    private const double MaximumAlpha = 1e6;
    private const double MinimumAlpha = 1e-3;

    /// <summary>Concentration α: near 0 each class goes to one shard, at infinity each shard gets an equal part of it.</summary>
    public double Alpha { get; init; } = 0.5;

    /// <summary>Fewest images of a shard. A draw that gives one of them less is drawn anew.</summary>
    public int MinimumImages { get; init; } = 1;

    /// <summary>What is wrong with an α, or null.</summary>
    public static string? AlphaProblem(double alpha) =>
        alpha is >= MinimumAlpha and <= MaximumAlpha ? null : $"DirichletAlpha must be in [{MinimumAlpha}, {MaximumAlpha:F0}], not {alpha}; 0.5 is skewed, 100 nearly balanced.";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (AlphaProblem(Alpha) is { } problem)
        {
            yield return new(problem, [nameof(Alpha)]);
        }

        if (MinimumImages < 1)
        {
            yield return new($"MinimumImages must be at least 1, not {MinimumImages}.", [nameof(MinimumImages)]);
        }
    }
}
