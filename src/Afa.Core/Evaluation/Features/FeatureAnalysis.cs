namespace Afa.Evaluation.Features;

/// <summary>The feature space of one checkpoint, with how it was measured.</summary>
public sealed record FeatureAnalysis
{
    /// <summary>Name in the store of what was analyzed.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Such as "small-cnn".</summary>
    public required string Model { get; init; }

    public required string Dataset { get; init; }

    /// <summary>Test images, from the first on.</summary>
    public required int Images { get; init; }

    /// <summary>Clean training images that the class centroids are made of.</summary>
    public required int CentroidImages { get; init; }

    /// <summary>What made the adversarial images, such as "pgd-20".</summary>
    public required string Attack { get; init; }

    /// <summary>"linf" or "l2".</summary>
    public required string Norm { get; init; }

    /// <summary>As the user wrote it, such as "8/255": exact.</summary>
    public required string Epsilon { get; init; }

    public required ulong Seed { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Device seconds.</summary>
    public required double Seconds { get; init; }

    public required FeatureSpace Space { get; init; }
}
