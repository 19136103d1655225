using System.Xml.Linq;
using Afa.Evaluation.Features;
using static Afa.Client.Reports.HtmlTables;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>What a report says about the feature spaces of checkpoints.</summary>
internal static class FeatureSection
{
    /// <summary>Projections beyond these would make the page slow; the tables have all checkpoints.</summary>
    private const int MostProjections = 30;

    public static IEnumerable<XElement?> Create(FeatureDocument document)
    {
        var first = document.Analyses[0];
        var isOne = document.Analyses.Count == 1;
        yield return Tag(
            "section",
            Tag("h2", "Feature space"),
            Tag(
                "p",
                $"Penultimate features of the first {first.Images} test images of {first.Dataset}, scaled to unit length. Adversarial: the same images after {first.Attack} in {first.Norm}, ",
                $"ε = {first.Epsilon}, also those that the model gets wrong without it. Centroids are mean directions of {first.CentroidImages} clean training images; near means by the cosine."),
            isOne ? null : Tag("p", "Two numbers in a cell: clean / adversarial. ↓ lower is better, ↑ higher is better."),
            FeatureTables.Figures(document).Select(table => Table(table, isOne ? "meanings" : "figures ranking")),
            FeatureTables.Explanations(document).Select(table => Tag("details", Tag("summary", table.Title), Table(table, "meanings"))),
            Details(FeatureTables.Facts(document)));
        yield return Tag(
            "section",
            Tag("h2", "Projections of the features"),
            Tag(
                "p",
                "The plane in which the clean features vary most (two principal components); adversarial features on the same axes and scale. ",
                "Each small mark is an image in the sign of its true class, each large one the mean of that class's clean images. Classes that overlap here may lie apart in the other dimensions."),
            document.Analyses.Count > MostProjections ? Tag("p", $"The first {MostProjections} of {document.Analyses.Count} checkpoints.") : null,
            document.Analyses.Take(MostProjections).Select(analysis => ProjectionChart.Create(analysis, withHeading: !isOne)));
    }
}
