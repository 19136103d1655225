using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Afa.Client.Output;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Training;
using static Afa.Client.Reports.HtmlTables;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Writes what a federation found, for people and for programs.</summary>
public static class FederationReport
{
    /// <summary>
    /// Writes report.html (one file that needs no network), report.md, result.json, the federation as a <see cref="FederationDocument"/>, and the
    /// schema of that, result.schema.json. Each file appears complete or not at all and replaces an earlier one.
    /// </summary>
    /// <param name="directory">Created if it is missing.</param>
    /// <returns>The full path of report.html.</returns>
    public static string Write(string directory, FederationDocument federation)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        var html = CreateHtml(federation);
        var markdown = MarkdownReport.Create(Title(federation), FederationTables.All(federation), [.. FederationPrivacy.Sentences(federation), .. FederationNotes.Create(federation)]);
        ReportFile.Replace(directory, "result.json", JsonSerializer.SerializeToUtf8Bytes(federation, AfaJson.Options));
        ReportFile.Replace(directory, "result.schema.json", Encoding.UTF8.GetBytes(ResultSchema.OfFederation()));
        ReportFile.Replace(directory, "report.md", Encoding.UTF8.GetBytes(markdown));
        return ReportFile.Replace(directory, "report.html", Encoding.UTF8.GetBytes(html));
    }

    private static string Title(FederationDocument federation) => $"AFA federation: {federation.Federation}";

    private static string CreateHtml(FederationDocument federation) => HtmlPage.Create(
        Title(federation),
        Tag("p", Class("subtitle"), Subtitle(federation)),
        Result(federation),
        Matrix(federation),
        FederationCharts.Create(federation),
        Privacy(federation),
        ParticipantTable.Create(federation),
        Classes(federation),
        ParticipationGrid.Create(federation),
        Tag("aside", Tag("h2", ReportNotes.Title), Tag("ul", FederationNotes.Create(federation).Select(note => Tag("li", note)))),
        Tag("section", Tag("h2", "What was run"), Tag("div", Class("columns"), Table(FederationTables.Facts(federation), "facts"), Table(FederationTables.Options(federation), "facts"))));

    private static string Subtitle(FederationDocument federation)
    {
        var options = federation.Options;
        return $"{federation.Rounds.Count} of {ReportText.Count(options.TotalRounds, "round")} with {ReportText.Count(federation.Participants.Count, "participant")} ({FederationText.Split(options)}) in {ReportText.Duration(TimeSpan.FromSeconds(federation.Seconds))} · " +
            $"{StatusText.Name(options.Training.Method)} on {options.Training.Dataset}, {FederationText.Name(options.Strategy.Kind)}, {FederationText.Rule(options.Aggregation)} · attackers: {FederationText.Attackers(options)} · begun {ReportText.Time(federation.CreatedAt)}";
    }

    private static IEnumerable<XElement?> Result(FederationDocument federation)
    {
        if (FederationFigures.Last(federation) is not { } last)
        {
            yield return Tag("p", "No model was judged yet.");
            yield break;
        }

        var (accuracy, others) = (FederationTables.Accuracy(federation, last), FederationTables.Others(federation));
        yield return Headline.OfFederation(federation, last);
        yield return Tag("section", Tag("h2", accuracy.Title), Table(accuracy, "figures"));
        yield return others.Rows.Count == 0 ? null : Tag("section", Tag("h2", others.Title), Table(others, "figures ranking"));
    }

    private static XElement? Matrix(FederationDocument federation) => FederationHeatMap.Columns(federation).Count == 0 ? null : Tag(
        "section",
        Tag("h2", "Every model on every participant's test images"),
        Tag("p", "Each row is a participant, each column the model after a round, or a checkpoint from elsewhere; light is good. A dash: no count."),
        FederationHeatMap.Legend(),
        FederationHeatMap.Create(federation, RobustAccuracy.WorstCase),
        FederationHeatMap.Create(federation, RobustAccuracy.Clean));

    private static XElement? Privacy(FederationDocument federation) => FederationPrivacy.Sentences(federation) is { Count: > 0 } sentences
        ? Tag("section", Tag("h2", "Privacy"), sentences.Select(sentence => Tag("p", sentence)))
        : null;

    private static XElement? Classes(FederationDocument federation) => FederationTables.Classes(federation) is { Rows.Count: > 0 } classes
        ? Tag(
            "section",
            Tag("h2", classes.Title),
            Tag("p", $"Of the last model. A participant with {FederationTables.Suppressed(federation)} test images of a class says nothing about it."),
            Table(classes, "figures"))
        : null;
}
