using System.ComponentModel.DataAnnotations;

namespace Afa.Federation.Privacy;

/// <summary>What protects a participant's update.</summary>
public sealed record PrivacyOptions : IValidatableObject
{
    /// <summary>Each update is scaled down to this Euclidean norm before it leaves its participant; 0 switches clipping off.</summary>
    public double ClipNorm { get; init; }

    /// <summary>z: the sum of the clipped updates gets Gaussian noise of standard deviation z × <see cref="ClipNorm"/>; 0 switches it off.</summary>
    public double NoiseMultiplier { get; init; }

    /// <summary>δ that ε is reported for.</summary>
    public double Delta { get; init; } = 1e-5;

    /// <summary>Whether the aggregator sees only the sum of the updates: Bonawitz et al. 2017.</summary>
    public bool SecureAggregation { get; init; }

    /// <summary>Largest absolute value of a coordinate of an update under secure aggregation; larger ones are clamped to it, before the update gets its weight.</summary>
    public double SecureRange { get; init; } = 4;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ClipNorm is not (>= 0 and < double.PositiveInfinity))
        {
            yield return new($"Privacy.ClipNorm must be 0 (off) or greater, not {ClipNorm}.", [nameof(ClipNorm)]);
        }

        if (NoiseMultiplier is not (>= 0 and <= 1000))
        {
            yield return new($"Privacy.NoiseMultiplier must be in [0, 1000], not {NoiseMultiplier}.", [nameof(NoiseMultiplier)]);
        }

        if (NoiseMultiplier > 0 && ClipNorm == 0)
        {
            yield return new("Privacy.NoiseMultiplier needs Privacy.ClipNorm greater than 0: without a bound on an update, no noise hides it.", [nameof(NoiseMultiplier)]);
        }

        if (Delta is not (> 0 and < 1))
        {
            yield return new($"Privacy.Delta must be in (0, 1), not {Delta}; less than 1 / participants is usual.", [nameof(Delta)]);
        }

        if (SecureRange is not (> 0 and <= 1e6))
        {
            yield return new($"Privacy.SecureRange must be in (0, 1000000], not {SecureRange}.", [nameof(SecureRange)]);
        }
    }
}
