namespace Afa.Evaluation.Features;

/// <summary>How one set of images, clean or adversarial, lies in feature space. Features are scaled to unit length.</summary>
public sealed record FeatureFigures
{
    /// <summary>Share of the images that the model gets right, in [0, 1].</summary>
    public required double Accuracy { get; init; }

    /// <summary>Share of images that lie nearer to the centroid of another class than to that of their own: the misaligned ones, in [0, 1].</summary>
    public required double NearestOther { get; init; }

    /// <summary>Share of the misaligned images that the model gets wrong; null if none is misaligned.</summary>
    public required double? MisalignedErrors { get; init; }

    /// <summary>Share of the other images that the model gets wrong; null if all are misaligned.</summary>
    public required double? AlignedErrors { get; init; }

    /// <summary>Mean of <see cref="ClassCentroids.Margins"/>, in [−2, 2].</summary>
    public required double CentroidMargin { get; init; }

    /// <summary><see cref="FeaturePairs.ClassAlignment"/>, in [0, 4]; null if no two images share a class.</summary>
    public required double? Alignment { get; init; }

    /// <summary><see cref="FeaturePairs.Uniformity"/>, in [−8, 0].</summary>
    public required double Uniformity { get; init; }

    /// <summary><see cref="ClassCentroids.ScatterRatio"/>; null if all class means are the same.</summary>
    public required double? ScatterRatio { get; init; }
}
