using System.Xml.Linq;
using Afa.Evaluation;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>The leaderboard: a table for each data set and ball, and within it for each attack that ranks, as accuracies under different attacks cannot be compared.</summary>
internal static class LeaderboardTables
{
    private static readonly Column[] s_columns =
    [
        new("Checkpoint"), new("Clean", IsFigure: true), new("Robust", IsFigure: true), new("95 % interval", IsFigure: true, IsExtra: true), new("Worst class", IsExtra: true),
        new("Model", IsExtra: true), new("Images", IsFigure: true, IsExtra: true), new("Evaluated", IsExtra: true),
    ];

    /// <param name="most">Rows of a table at most.</param>
    public static IEnumerable<XElement> Create(ClusterView view, int most) => view.Leaderboard.SelectMany((group, place) => group.Rows.GroupBy(row => row.RankedBy).Select((ranked, part) => Tables.Create(
        $"leaderboard-{place}-{part}",
        $"{group.Dataset} {group.Split}, {group.Norm} ε = {group.Epsilon}: {(ranked.Key is null ? "not attacked, ranked by clean accuracy" : $"ranked by {ranked.Key}")}{(ranked.Count() > most ? $", the first {most} of {ranked.Count()}" : "")}",
        s_columns,
        ranked.Take(most).Select(row => Create(row, view)))));

    private static Row Create(LeaderboardRow row, ClusterView view)
    {
        var shown = row.Robust ?? row.Clean;
        return new Row(
            $"{row.Checkpoint}-{row.Images}",
            new object?[] { $"{row.Rank}. ", PageLinks.ToCheckpoint(row.Checkpoint, view), Warning(row) },
            PageText.Fraction(row.Clean?.Accuracy),
            PageText.Fraction(row.Robust?.Accuracy),
            shown is null ? PageText.None : PageText.Interval(shown.Low, shown.High),
            shown?.WorstClass is { } worst ? $"{worst.Name} ({PageText.Fraction(worst.Accuracy)})" : PageText.None,
            row.Model,
            $"{row.Images}",
            PageText.Ago(row.CreatedAt, view.ReadAt));
    }

    private static XElement? Warning(LeaderboardRow row) => row.Warnings.Count == 0 ? null : Tag("span", Class("warning"), Attribute("title", string.Join(' ', row.Warnings)), " ⚠ doubtful");
}
