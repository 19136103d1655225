using System.ComponentModel.DataAnnotations;

namespace Afa.Federation.Aggregation;

/// <summary>How the updates of a round become one.</summary>
public enum AggregationRuleKind
{
    /// <summary>Mean, weighted by images: McMahan et al. 2017.</summary>
    Mean,

    /// <summary>Coordinate-wise median: Yin et al. 2018 (arXiv:1803.01498), definition 1.</summary>
    Median,

    /// <summary>Coordinate-wise mean without the f largest and f smallest: Yin et al. 2018, definition 2.</summary>
    TrimmedMean,

    /// <summary>The update with the smallest sum of squared distances to its n − f − 2 nearest: Blanchard et al. 2017.</summary>
    Krum,

    /// <summary>The mean of the n − f updates with the smallest Krum scores: Blanchard et al. 2017.</summary>
    MultiKrum,

    /// <summary>Repeated Krum, then a mean around the median: El Mhamdi et al. 2018 (arXiv:1802.07927).</summary>
    Bulyan,

    /// <summary>Geometric median by the smoothed Weiszfeld algorithm, RFA: Pillutla et al. 2022 (arXiv:1912.13445).</summary>
    GeometricMedian,

    /// <summary>Mean of updates that are scaled down to a norm: Sun et al. 2019 (arXiv:1911.07963).</summary>
    NormClipping,

    /// <summary>Mean of differences to the last aggregate, clipped, repeated: Karimireddy et al. 2021 (arXiv:2012.10333).</summary>
    CenteredClipping,
}

/// <summary>What is done to updates before the rule.</summary>
public enum PreAggregation
{
    None,

    /// <summary>Each update becomes the mean of its n − f nearest, itself among them: Allouah et al. 2023 (arXiv:2302.01772).</summary>
    NearestNeighborMixing,

    /// <summary>Means of random buckets: Karimireddy et al. 2022 (arXiv:2006.09365).</summary>
    Bucketing,
}

/// <summary>Settings of the aggregation.</summary>
public sealed record AggregationOptions : IValidatableObject
{
    public AggregationRuleKind Rule { get; init; } = AggregationRuleKind.Mean;

    /// <summary>f: how many bad updates a round is to withstand.</summary>
    public int Byzantine { get; init; }

    public PreAggregation Before { get; init; } = PreAggregation.None;

    /// <summary>Updates of a bucket.</summary>
    public int BucketSize { get; init; } = 2;

    /// <summary>Largest norm of norm clipping and of centred clipping; null: the median of the norms of the round.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>Iterations of the geometric median and of centred clipping.</summary>
    public int Iterations { get; init; } = 10;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Byzantine < 0)
        {
            yield return new($"Aggregation.Byzantine must be 0 or more, not {Byzantine}.", [nameof(Byzantine)]);
        }

        if (BucketSize < 1)
        {
            yield return new($"Aggregation.BucketSize must be at least 1, not {BucketSize}.", [nameof(BucketSize)]);
        }

        if (ClipNorm is not (null or (> 0 and < double.PositiveInfinity)))
        {
            yield return new($"Aggregation.ClipNorm must be greater than 0, not {ClipNorm}.", [nameof(ClipNorm)]);
        }

        if (Iterations is < 1 or > 1000)
        {
            yield return new($"Aggregation.Iterations must be in [1, 1000], not {Iterations}.", [nameof(Iterations)]);
        }
    }
}
