using System.Globalization;
using Afa.Client.Control;
using Afa.Evaluation.Features;
using static Afa.Client.Reports.ReportText;

namespace Afa.Client.Reports;

/// <summary>What the reports say about feature spaces in tables.</summary>
internal static class FeatureTables
{
    public static IEnumerable<ReportTable> All(FeatureDocument document) => [.. Figures(document), .. Explanations(document), Facts(document)];

    /// <summary>One table for one checkpoint; two for several, with a row for each of them.</summary>
    public static IReadOnlyList<ReportTable> Figures(FeatureDocument document) => document.Analyses is [var analysis]
        ? [One(analysis)]
        : [Comparison("Features and classes, clean / adversarial", FeatureFigure.Alignment, document), Comparison("Shape and smoothness, clean / adversarial", FeatureFigure.Geometry, document)];

    /// <summary>What the columns of a comparison mean; the table of one checkpoint says it itself.</summary>
    public static IEnumerable<ReportTable> Explanations(FeatureDocument document) => document.Analyses.Count == 1 ? [] :
    [
        new("What the figures of features mean", ["Figure", "Better", "What it says"], [.. FeatureFigure.All.Select(figure => new[] { figure.Name, figure.Better, figure.Meaning })]),
    ];

    public static ReportTable Facts(FeatureDocument document) => new(
        "How the features were measured",
        ["Checkpoint", "Model", "Test images", "Training images for centroids", "Attack", "Seed", "Device time", "Written"],
        [.. document.Analyses.Select(analysis => new[]
        {
            analysis.Checkpoint,
            analysis.Model,
            Whole(analysis.Images),
            Whole(analysis.CentroidImages),
            $"{analysis.Attack}, {analysis.Norm} ε = {analysis.Epsilon}",
            analysis.Seed.ToString(CultureInfo.InvariantCulture),
            Duration(TimeSpan.FromSeconds(analysis.Seconds)),
            Time(analysis.CreatedAt),
        })]);

    private static ReportTable One(FeatureAnalysis analysis) => new(
        "Feature space",
        ["Figure", "Clean", "Adversarial", "Better", "What it says"],
        [.. FeatureFigure.All.Select(figure => new[] { figure.Name, figure.CleanText(analysis.Space), figure.AdversarialText(analysis.Space), figure.Better, figure.Meaning })]);

    private static ReportTable Comparison(string title, IReadOnlyList<FeatureFigure> figures, FeatureDocument document) => new(
        title,
        ["Checkpoint", .. figures.Select(figure => $"{figure.Name}{figure.Better switch { "higher" => " ↑", "lower" => " ↓", _ => "" }}")],
        [.. document.Analyses.Select(analysis => figures
            .Select(figure => figure.Clean is null ? figure.AdversarialText(analysis.Space) : $"{figure.CleanText(analysis.Space)} / {figure.AdversarialText(analysis.Space)}")
            .Prepend(CheckpointName.Short(analysis.Checkpoint))
            .ToArray())]);
}
