using System.Xml.Linq;
using Afa.Evaluation;
using Afa.Grains;
using static Afa.Client.Reports.Html;

namespace Afa.Client.Reports;

/// <summary>The report as one HTML file for the screen, the phone and the printer.</summary>
internal static class HtmlReport
{
    public static string Title(TrainingRunStatus? run, EvaluationResult? evaluation) =>
        evaluation is null ? $"AFA: {run!.Run}" : $"AFA: {evaluation.Model} on {evaluation.Dataset}";

    public static string Create(TrainingRunStatus? run, EvaluationResult? evaluation)
    {
        var title = Title(run, evaluation);
        return Write(Tag(
            "html",
            Attribute("lang", "en"),
            Tag(
                "head",
                Tag("meta", Attribute("charset", "utf-8")),
                Tag("meta", Attribute("name", "viewport"), Attribute("content", "width=device-width, initial-scale=1")),
                Tag(
                    "meta",
                    Attribute("http-equiv", "Content-Security-Policy"),
                    Attribute("content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'")),
                Tag("title", title),
                Tag("style", HtmlStyle.Sheet)),
            Tag(
                "body",
                Tag(
                    "main",
                    Tag("h1", title),
                    Tag("p", Class("subtitle"), Subtitle(run, evaluation)),
                    run?.Message is { } message ? Tag("p", Class("message"), message) : null,
                    evaluation is null ? Headline.OfRun(run!) : Headline.OfEvaluation(evaluation),
                    Tag("aside", Tag("h2", ReportNotes.Title), Tag("ul", ReportNotes.Create(evaluation).Select(note => Tag("li", note)))),
                    evaluation is null ? null : Evaluation(evaluation),
                    run is null ? null : Training(run),
                    Tag(
                        "section",
                        Tag("h2", "What was run"),
                        Tag(
                            "div",
                            Class("columns"),
                            evaluation is null ? null : Table(ReportTables.Evaluation(evaluation), "facts"),
                            run is null ? null : Table(ReportTables.Run(run), "facts"),
                            run is null ? null : Table(ReportTables.Options(run), "facts")))))));
    }

    private static string Subtitle(TrainingRunStatus? run, EvaluationResult? evaluation)
    {
        var tested = evaluation is null
            ? null
            : $"{evaluation.Images} {evaluation.Split} images, {evaluation.Norm} ε = {evaluation.Epsilon}, {ReportText.Time(evaluation.CreatedAt)}";
        var trained = run is null
            ? null
            : $"run {run.Run}: {run.State.ToString().ToLowerInvariant()}, {run.Epoch} of {run.Epochs} epochs in {ReportText.Duration(run.Elapsed)}";
        return string.Join(" · ", new[] { tested, trained }.OfType<string>());
    }

    private static IEnumerable<XElement?> Evaluation(EvaluationResult evaluation)
    {
        yield return Tag("section", Tag("h2", "Accuracy under attack"), Table(ReportTables.Attacks(evaluation), "figures"));
        yield return ClassBars.Create(evaluation);
        yield return ExampleGrid.Create(evaluation.Examples);
    }

    private static IEnumerable<XElement?> Training(TrainingRunStatus run)
    {
        yield return TrainingCurves.Create(run.History);
        yield return TimeBars.Create(PhaseTime.Of(run.History));
    }
}
