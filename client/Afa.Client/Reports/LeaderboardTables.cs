using Afa.Evaluation;
using static Afa.Client.Reports.ReportText;

namespace Afa.Client.Reports;

/// <summary>A leaderboard in tables: one for each attack that rows are ranked by, as accuracies under different attacks cannot be compared.</summary>
internal static class LeaderboardTables
{
    /// <summary>What some rows have in common is said once, above the table; what they do not has a column.</summary>
    private static readonly (string Column, Func<LeaderboardRow, string> Cell, Func<string, string> Sentence)[] s_facts =
    [
        ("Model", row => row.Model, model => model),
        ("Images", row => Whole(row.Images), images => $"{images} images"),
        ("Evaluated", row => Day(row.CreatedAt), day => $"evaluated on {day}"),
    ];

    public static IEnumerable<ReportTable> Create(LeaderboardGroup group) =>
        group.Rows.GroupBy(row => row.RankedBy).Select(ranked => Create(
            $"{Title(group)}: {Summary([.. ranked])}",
            "Checkpoint",
            [.. ranked.Select(row => ($"{row.Rank}. {row.Checkpoint}", row))]));

    /// <summary>All tables of one job. Of a job of one checkpoint there is only one, over the radii.</summary>
    public static IEnumerable<ReportTable> OfJob(IReadOnlyList<LeaderboardGroup> groups) =>
        IsOfOneCheckpoint(groups) ? [OverRadii(groups)] : groups.SelectMany(Create);

    public static bool IsOfOneCheckpoint(IReadOnlyList<LeaderboardGroup> groups) => groups.All(group => group.Rows.Count == 1);

    /// <summary>Of one checkpoint.</summary>
    public static ReportTable OverRadii(IReadOnlyList<LeaderboardGroup> groups) =>
        Create("Accuracy at each radius", "Radius", [.. groups.Select(group => ($"{group.Norm} ε = {group.Epsilon}", group.Rows[0]))]);

    /// <summary>Where rows are of one data set and ball.</summary>
    public static string Title(LeaderboardGroup group) => $"{group.Dataset} {group.Split}, {group.Norm} ε = {group.Epsilon}";

    /// <summary>What rows that are ranked by the same attack have in common.</summary>
    public static string Summary(IReadOnlyList<LeaderboardRow> rows)
    {
        var ranking = rows[0].RankedBy switch
        {
            null => "not attacked: ranked by clean accuracy",
            RobustAccuracy.WorstCase => "ranked by the worst case over all attacks",
            var attack => $"ranked by {attack}",
        };
        var common = s_facts.Where(fact => IsCommon(rows, fact.Cell)).Select(fact => fact.Sentence(fact.Cell(rows[0])));
        return string.Join(", ", common.Prepend(Count(rows.Count, "checkpoint")).Append(ranking));
    }

    private static bool IsCommon(IEnumerable<LeaderboardRow> rows, Func<LeaderboardRow, string> cell) => rows.Select(cell).Distinct().Count() == 1;

    /// <param name="rows">Ranked by the same attack.</param>
    private static ReportTable Create(string title, string firstColumn, IReadOnlyList<(string Name, LeaderboardRow Row)> rows)
    {
        var attacks = rows.SelectMany(row => row.Row.Attacks).Select(attack => attack.Attack).Distinct()
            .Where(attack => attack == rows[0].Row.RankedBy || attack != RobustAccuracy.WorstCase)
            .ToList();
        var facts = s_facts.Where(fact => !IsCommon(rows.Select(row => row.Row), fact.Cell)).ToList();
        return new(
            title,
            [firstColumn, .. attacks, "95 % interval", "Worst class", .. facts.Select(fact => fact.Column)],
            [.. rows.Select(row => (IReadOnlyList<string>)
            [
                row.Row.Warnings.Count > 0 ? $"{row.Name} ⚠" : row.Name,
                .. attacks.Select(attack => Fraction(row.Row.Find(attack)?.Accuracy)),
                .. Robust(row.Row.Robust ?? row.Row.Clean),
                .. facts.Select(fact => fact.Cell(row.Row)),
            ])]);
    }

    private static string[] Robust(AttackResult? ranked) => ranked is null ? ["–", "–"] : [Interval(ranked.Low, ranked.High), EvaluationTables.WorstClass(ranked)];
}
