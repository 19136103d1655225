using System.Xml.Linq;
using Afa.Evaluation;
using Afa.Evaluation.Features;
using Afa.Grains;
using static Afa.Client.Reports.HtmlTables;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>The report as one HTML file.</summary>
internal static class HtmlReport
{
    public static string Title(TrainingRunStatus? run, EvaluationDocument? evaluation) => evaluation switch
    {
        null => $"AFA: {run!.Run}",
        { Results: [var result] } => $"AFA: {result.Model} on {result.Dataset}",
        { Results: var results } => results.DistinctBy(result => result.Checkpoint).Count() is > 1 and var checkpoints
            ? $"AFA: {checkpoints} checkpoints on {results[0].Dataset}"
            : $"AFA: {results[0].Checkpoint} on {results[0].Dataset}",
    };

    public static string Create(TrainingRunStatus? run, EvaluationDocument? evaluation, FeatureDocument? features) => HtmlPage.Create(
        Title(run, evaluation),
        Tag("p", Class("subtitle"), Subtitle(run, evaluation)),
        run?.Message is { } message ? Tag("p", Class("message"), message) : null,
        evaluation is null ? null : WarningBox.Create(evaluation),
        evaluation is null ? Headline.OfRun(run!) : Evaluation(evaluation),
        features is null ? null : FeatureSection.Create(features),
        Tag("aside", Tag("h2", ReportNotes.Title), Tag("ul", ReportNotes.Create(evaluation, features).Select(note => Tag("li", note)))),
        run is null ? null : Training(run),
        Tag(
            "section",
            Tag("h2", "What was run"),
            Tag(
                "div",
                Class("columns"),
                evaluation is { Results: [var result] } ? Table(EvaluationTables.Facts(result), "facts") : null,
                run is null ? null : Table(TrainingTables.Run(run), "facts"),
                run is null ? null : Table(TrainingTables.Options(run), "facts"))));

    private static string Subtitle(TrainingRunStatus? run, EvaluationDocument? evaluation)
    {
        var tested = evaluation is null
            ? null
            : $"evaluation {evaluation.Evaluation}: {evaluation.Results[0].Images} {evaluation.Results[0].Split} images, {Ball(evaluation)}, {ReportText.Time(evaluation.CreatedAt)}";
        var trained = run is null
            ? null
            : $"run {run.Run}: {run.State.ToString().ToLowerInvariant()}, {run.Epoch} of {run.Epochs} epochs in {ReportText.Duration(run.Elapsed)}";
        return string.Join(" · ", new[] { tested, trained }.OfType<string>());
    }

    private static string Ball(EvaluationDocument evaluation)
    {
        var radii = evaluation.Results.Select(result => result.Epsilon).Distinct().ToList();
        return $"{evaluation.Results[0].Norm} ε = {(radii.Count > 6 ? $"{radii[0]} to {radii[^1]}" : string.Join(", ", radii))}";
    }

    private static IEnumerable<XElement?> Evaluation(EvaluationDocument evaluation) =>
        evaluation.Results.Count == 1 ? ResultSection.Create(evaluation.Results[0]) : JobSection.Create(evaluation);

    private static IEnumerable<XElement?> Training(TrainingRunStatus run)
    {
        yield return TrainingCurves.Create(run.History);
        yield return TimeBars.Create(PhaseTime.Of(run.History));
    }
}
