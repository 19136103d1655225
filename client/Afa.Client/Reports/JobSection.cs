using System.Xml.Linq;
using Afa.Evaluation;
using static Afa.Client.Reports.HtmlTables;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>What a report says about a job of several results: how they compare, then each of them.</summary>
internal static class JobSection
{
    /// <summary>Results beyond these have no part of their own in a report; the result file has them.</summary>
    public const int MostParts = 100;

    private const int MostOpen = 3;

    public static IEnumerable<XElement?> Create(EvaluationDocument job)
    {
        var groups = Leaderboard.OfJob(job);
        yield return LeaderboardTables.IsOfOneCheckpoint(groups)
            ? Tag("section", Tag("h2", "Accuracy at each radius"), Table(LeaderboardTables.OverRadii(groups), "figures ranking"))
            : Tag("div", groups.Select(Group));
        yield return RadiusChart.Create(job);
        yield return job.Results.Count > MostParts ? Tag("p", $"The first {MostParts} of {job.Results.Count} results; result.json has all of them.") : null;
        foreach (var result in job.Results.Take(MostParts))
        {
            yield return Tag(
                "details",
                Class("result"),
                job.Results.Count > MostOpen ? null : Attribute("open", "open"),
                Tag("summary", Class("title"), Title(result)),
                ResultSection.Create(result),
                Table(EvaluationTables.Facts(result), "facts"));
        }
    }

    public static string Title(EvaluationResult result) =>
        $"{result.Checkpoint}, {result.Norm} ε = {result.Epsilon}: worst case {ReportText.Fraction(result.Find(RobustAccuracy.WorstCase)?.Accuracy)}";

    /// <summary>One table and, if there is something to compare, one picture for each attack that rows are ranked by.</summary>
    public static XElement Group(LeaderboardGroup group) => Tag(
        "section",
        Tag("h2", LeaderboardTables.Title(group)),
        group.Rows.GroupBy(row => row.RankedBy).Zip(LeaderboardTables.Create(group)).Select((part, index) => Ranking([.. part.First], part.Second, isFirst: index == 0)));

    private static XElement?[] Ranking(IReadOnlyList<LeaderboardRow> rows, ReportTable table, bool isFirst) =>
    [
        Tag("p", $"{LeaderboardTables.Summary(rows)}{(isFirst ? "" : "; not to be compared with the ranks above")}."),
        Table(table, "figures ranking"),
        rows.Count < 2 ? null : AccuracyRanges.Legend(rows[0].RankedBy),
        rows.Count < 2 ? null : AccuracyRanges.Create(rows),
    ];
}
