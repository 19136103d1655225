using Afa.Evaluation.Features;

namespace Afa.Client.Reports;

/// <summary>One figure of a feature analysis, as reports show it.</summary>
/// <param name="Better">"higher", "lower", or "–" where neither is.</param>
/// <param name="Meaning">A line for readers who do not know it.</param>
/// <param name="Clean">Null: it is no figure of clean images alone.</param>
internal sealed record FeatureFigure(string Name, string Better, string Meaning, string Format, Func<FeatureSpace, double?>? Clean, Func<FeatureSpace, double?> Adversarial)
{
    /// <summary>How features lie to the classes, and whether that goes with errors.</summary>
    public static IReadOnlyList<FeatureFigure> Alignment { get; } =
    [
        OfBoth("Accuracy", "higher", "Share of images that the model gets right.", "0.000", figures => figures.Accuracy),
        OfBoth("Misaligned", "lower", "Share of images nearer to the centroid of another class than to their own's.", "0.000", figures => figures.NearestOther),
        OfBoth("Errors if misaligned", "–", "Share of the misaligned images that the model gets wrong.", "0.000", figures => figures.MisalignedErrors),
        OfBoth("Errors if aligned", "lower", "Share of the other images that it gets wrong. If misalignment causes the errors, this is far below the line above.", "0.000", figures => figures.AlignedErrors),
        OfBoth("Centroid margin", "higher", "Cosine to the own centroid minus the largest to another, on average.", "0.000", figures => figures.CentroidMargin),
    ];

    /// <summary>What shape the features have, and how fast they change.</summary>
    public static IReadOnlyList<FeatureFigure> Geometry { get; } =
    [
        OfBoth("Alignment", "lower", "Mean squared distance of two images of one class, 0 to 4.", "0.000", figures => figures.Alignment),
        OfBoth("Uniformity", "lower", "Log of the mean of exp(−2 d²) over all pairs at distance d: low where features spread over the sphere.", "0.00", figures => figures.Uniformity),
        OfBoth("Scatter ratio", "lower", "Scatter within the classes over scatter between their means.", "0.00", figures => figures.ScatterRatio),
        new("Shift", "lower", "Mean squared distance of an image's features before and after the attack, 0 to 4.", "0.000", Clean: null, space => space.Shift),
        new("Lipschitz, features", "lower", "Largest change of the features over change of the image that was found in the ball, on average.", "0.00", Clean: null, space => space.FeatureLipschitz),
        new("Lipschitz, logits", "lower", "The same of the logits, in L1; it grows with their scale.", "0.0", Clean: null, space => space.LogitLipschitz),
    ];

    public static IEnumerable<FeatureFigure> All => Alignment.Concat(Geometry);

    public string CleanText(FeatureSpace space) => ReportText.Number(Clean?.Invoke(space), Format);

    public string AdversarialText(FeatureSpace space) => ReportText.Number(Adversarial(space), Format);

    private static FeatureFigure OfBoth(string name, string better, string meaning, string format, Func<FeatureFigures, double?> value) =>
        new(name, better, meaning, format, space => value(space.Clean), space => value(space.Adversarial));
}
