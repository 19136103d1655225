using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Afa.Client.Output;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Training;
using static Afa.Client.Reports.HtmlTables;
using static Afa.Client.Reports.ReportText;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Writes how federations compare, such as aggregation rules under attack.</summary>
public static class FederationComparison
{
    private const string Title = "AFA federations compared";

    /// <summary>What all have in common is said once, above the table; what they do not has a column.</summary>
    private static readonly (string Column, Func<FederationDocument, string> Cell)[] s_facts =
    [
        ("Strategy", federation => FederationText.Name(federation.Options.Strategy.Kind)),
        ("Split", federation => FederationText.Split(federation.Options)),
        ("Rounds", federation => $"{federation.Rounds.Count} of {federation.Options.TotalRounds}"),
    ];

    /// <summary>Writes report.html (one file that needs no network), report.md and result.json, an array of the federations; each appears complete or not at all and replaces an earlier one.</summary>
    /// <param name="directory">Created if it is missing.</param>
    /// <param name="federations">At least one.</param>
    /// <returns>The full path of report.html.</returns>
    public static string Write(string directory, IReadOnlyList<FederationDocument> federations)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        ArgumentOutOfRangeException.ThrowIfZero(federations.Count, nameof(federations));
        var ranked = Ranked(federations);
        var html = HtmlPage.Create(
            Title,
            Tag("p", Class("subtitle"), Subtitle(ranked)),
            Table(Ranking(ranked), "figures ranking wraps"),
            Charts(ranked),
            Tag("aside", Tag("h2", ReportNotes.Title), Tag("ul", Notes(ranked).Select(note => Tag("li", note)))),
            Tag("section", Tag("h2", "What was run"), Table(Differences(ranked), "plain"), Tag("div", Class("columns"), Table(Common(ranked), "facts"))));
        ReportFile.Replace(directory, "result.json", JsonSerializer.SerializeToUtf8Bytes(ranked, AfaJson.Options));
        ReportFile.Replace(directory, "report.md", Encoding.UTF8.GetBytes(MarkdownReport.Create(Title, [Ranking(ranked), Differences(ranked), Common(ranked)], Notes(ranked))));
        return ReportFile.Replace(directory, "report.html", Encoding.UTF8.GetBytes(html));
    }

    /// <summary>One row for each federation, the most robust last model first; where one has no attackers, how far the others are from it.</summary>
    internal static ReportTable Ranking(IReadOnlyList<FederationDocument> federations)
    {
        var ranked = Ranked(federations);
        var reference = Reference(ranked);
        var hasBackdoor = ranked.Any(federation => Backdoor(federation) is not null);
        var facts = s_facts.Where(fact => !IsCommon(ranked, fact.Cell)).ToList();
        var hasPrivacy = ranked.Any(federation => federation.Privacy is not null);
        return new(
            "The last model of each",
            [
                "Federation", "Rule", "Attackers", .. facts.Select(fact => fact.Column), "Clean", "Worst case", "95 % interval",
                .. reference is null ? Array.Empty<string>() : ["Δ clean", "Δ worst case"],
                "Worst participant", "Fairness gap", .. hasBackdoor ? ["Backdoor"] : Array.Empty<string>(), .. hasPrivacy ? ["Epsilon"] : Array.Empty<string>(),
            ],
            [.. ranked.Select(federation =>
            {
                var last = FederationFigures.Last(federation);
                var robust = Final(federation, RobustAccuracy.WorstCase);
                return (IReadOnlyList<string>)
                [
                    federation.Federation,
                    FederationText.Rule(federation.Options.Aggregation),
                    FederationText.Attackers(federation.Options),
                    .. facts.Select(fact => fact.Cell(federation)),
                    Fraction(Final(federation, RobustAccuracy.Clean)?.Accuracy),
                    Fraction(robust?.Accuracy),
                    robust is null ? "–" : Interval(robust.Interval.Low, robust.Interval.High),
                    .. reference is null ? Array.Empty<string>() : [Difference(federation, reference, RobustAccuracy.Clean), Difference(federation, reference, RobustAccuracy.WorstCase)],
                    last is null ? "–" : Fraction(FederationFigures.Worst(last, RobustAccuracy.WorstCase)?.Accuracy),
                    last is null ? "–" : Fraction(FederationFigures.Gap(last, RobustAccuracy.WorstCase)),
                    .. hasBackdoor ? [Fraction(Backdoor(federation)?.Accuracy)] : Array.Empty<string>(),
                    .. hasPrivacy ? [Number(federation.Privacy?.Epsilon, "0.###")] : Array.Empty<string>(),
                ];
            })]);
    }

    private static List<FederationDocument> Ranked(IReadOnlyList<FederationDocument> federations) =>
        [.. federations.OrderByDescending(federation => Final(federation, RobustAccuracy.WorstCase)?.Accuracy ?? -1)];

    /// <summary>The run without attackers, if there is one and others have some.</summary>
    private static FederationDocument? Reference(List<FederationDocument> federations) =>
        federations.Exists(federation => federation.Options.Attackers.Count > 0) ? federations.Find(federation => federation.Options.Attackers.Count == 0) : null;

    private static bool IsCommon(List<FederationDocument> federations, Func<FederationDocument, string> cell) => federations.Select(cell).Distinct().Count() == 1;

    private static PooledAccuracy? Final(FederationDocument federation, string attack) => FederationFigures.Last(federation) is { } last ? FederationFigures.Pooled(last, attack) : null;

    private static PooledAccuracy? Backdoor(FederationDocument federation) => FederationFigures.Last(federation) is { } last ? FederationFigures.Backdoor(last) : null;

    private static string Difference(FederationDocument federation, FederationDocument reference, string attack) => federation == reference
        ? "–"
        : Number(Final(federation, attack)?.Accuracy - Final(reference, attack)?.Accuracy, "+0.000;−0.000;0.000");

    private static string Subtitle(List<FederationDocument> federations)
    {
        var first = federations[0];
        var reference = Reference(federations);
        var common = s_facts.Where(fact => IsCommon(federations, fact.Cell)).Select(fact => $"{fact.Column.ToLowerInvariant()} {fact.Cell(first)}");
        return $"{Count(federations.Count, "federation")} on {string.Join(", ", federations.Select(federation => federation.Options.Training.Dataset).Distinct())}, {string.Join(", ", common.Prepend(Count(first.Participants.Count, "participant")))}; the most robust first." +
            (reference is null ? "" : $" Δ: how far from {reference.Federation}, which has no attackers: what those of the others cost under their rule.");
    }

    private static XElement? Charts(List<FederationDocument> federations)
    {
        var rounds = federations.Select(federation => federation.Rounds.Count).Max();
        return rounds == 0 ? null : Tag(
            "section",
            Tag("h2", "Over the rounds"),
            Tag("p", "Accuracies on all participants' test images together, and on those of the participant that comes off worst."),
            Tag(
                "div",
                Class("charts"),
                Chart("Worst case, pooled", model => FederationFigures.Pooled(model, RobustAccuracy.WorstCase)?.Accuracy),
                Chart("Clean, pooled", model => FederationFigures.Pooled(model, RobustAccuracy.Clean)?.Accuracy),
                Chart("Worst case, worst participant", model => FederationFigures.Worst(model, RobustAccuracy.WorstCase)?.Accuracy),
                Chart("Images with the trigger taken for its target", model => FederationFigures.Backdoor(model)?.Accuracy)));

        XElement? Chart(string title, Func<ModelJudgment, double?> value) => LineChart.Create(new Chart
        {
            Title = title,
            Axis = "round",
            X = (0.5, rounds + 0.5),
            Y = (0, 1),
            LeastStep = 1,
            Curves = [.. federations.Select((federation, rank) => FederationCharts.OfModels(federation, Name(federation), value, isFaint: rank >= LineChart.MostColors))],
        });
    }

    private static string Name(FederationDocument federation) =>
        $"{federation.Federation} ({FederationText.Rule(federation.Options.Aggregation)}{(federation.Options.Attackers.Count == 0 ? ", no attackers" : "")})";

    private static IReadOnlyList<string> Notes(List<FederationDocument> federations) =>
    [
        .. federations.Select(federation => (federation.Options.Training.Dataset, federation.Options.Evaluation.Images, federation.Options.Training.Seed, federation.Options.Count)).Distinct().Count() == 1
            ? Array.Empty<string>()
            : ["These federations differ in data set, test images, number of participants or seed: their figures are not of the same images."],
        .. FederationNotes.Create(federations),
    ];

    /// <summary>Options in which the federations differ, one row each.</summary>
    private static ReportTable Differences(List<FederationDocument> federations)
    {
        var options = federations.ConvertAll(Flat);
        return new(
            "Options in which they differ",
            ["Option", .. federations.Select(federation => federation.Federation)],
            [.. options[0].Where(option => !IsCommon(options, option)).Select(option => (IReadOnlyList<string>)[option.Key, .. options.Select(other => other.GetValueOrDefault(option.Key, "–"))])]);
    }

    private static ReportTable Common(List<FederationDocument> federations)
    {
        var options = federations.ConvertAll(Flat);
        return ReportTable.Facts("Options of all", [.. options[0].Where(option => IsCommon(options, option)).Select(option => (option.Key, option.Value))]);
    }

    private static bool IsCommon(List<Dictionary<string, string>> options, KeyValuePair<string, string> option) => options.TrueForAll(other => other.GetValueOrDefault(option.Key) == option.Value);

    private static Dictionary<string, string> Flat(FederationDocument federation) => OptionsTable.Flatten(JsonSerializer.SerializeToElement(federation.Options, AfaJson.Options)).ToDictionary();
}
