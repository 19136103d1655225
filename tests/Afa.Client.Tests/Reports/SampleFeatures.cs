using Afa.Evaluation.Features;

namespace Afa.Client.Tests.Reports;

/// <summary>Feature analyses with figures that are easy to follow by hand.</summary>
internal static class SampleFeatures
{
    public static FeatureDocument Document(params IReadOnlyList<string> checkpoints) => new() { Analyses = [.. checkpoints.Select(Analysis)] };

    public static FeatureAnalysis Analysis(string checkpoint) => new()
    {
        Checkpoint = checkpoint,
        Model = "small-cnn",
        Dataset = "fashion-mnist",
        Images = 4,
        CentroidImages = 100,
        Attack = "pgd-20",
        Norm = "linf",
        Epsilon = "8/255",
        Seed = 7,
        CreatedAt = new DateTimeOffset(2026, 11, 22, 15, 0, 0, TimeSpan.Zero),
        Seconds = 3,
        Space = new FeatureSpace
        {
            Clean = new() { Accuracy = 0.75, NearestOther = 0.25, MisalignedErrors = 1, AlignedErrors = 0, CentroidMargin = 0.4, Alignment = 0.5, Uniformity = -1.5, ScatterRatio = 0.8 },
            Adversarial = new() { Accuracy = 0.125, NearestOther = 1, MisalignedErrors = 0.875, AlignedErrors = null, CentroidMargin = -0.3, Alignment = 1.25, Uniformity = -2.5, ScatterRatio = null },
            Shift = 0.333,
            FeatureLipschitz = 4.25,
            LogitLipschitz = 61.5,
            Projection = new([0.6, 0.3], ["Shirt", "Coat", "Bag"], [0, 0, 1, 1], [-1, 0, -0.5, 0.5, 1, 0, 0.5, -0.5], [0, 0, 0.5, 0.5, -1, 0, 0, -1]),
        },
    };
}
