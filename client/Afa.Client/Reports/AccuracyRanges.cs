using System.Globalization;
using System.Xml.Linq;
using Afa.Evaluation;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Clean and robust accuracy of ranked checkpoints on one scale from 0 to 1, with the interval of the robust one.</summary>
internal static class AccuracyRanges
{
    private const int MostRows = 100;

    /// <param name="rows">Ranked by the same attack; the first 100 are shown.</param>
    public static XElement Create(IReadOnlyList<LeaderboardRow> rows) => Tag(
        "div",
        Class("ranges"),
        Tag("div"),
        Tag("div", Class("scale"), Enumerable.Range(0, 5).Select(quarter => Tag(
            "span", Attribute("style", string.Create(CultureInfo.InvariantCulture, $"left:{25 * quarter}%")), ReportText.Number(0.25 * quarter, "0.##")))),
        Tag("div"),
        rows.Take(MostRows).Select(row => new[]
        {
            Tag("div", Class("label"), row.Checkpoint),
            Tag("div", Class("range"), row.Robust is { } robust ? new[] { Band(robust), Mark("robust", robust.Accuracy) } : null, row.Clean is { } clean ? Mark("clean", clean.Accuracy) : null),
            Tag("div", Class("value"), ReportText.Fraction(row.Robust?.Accuracy)),
        }));

    public static XElement Legend(string? rankedBy) => Tag(
        "p",
        Class("legend"),
        rankedBy is null ? null : Tag("span", Tag("i", Class("sign robust")), $" {rankedBy}, band: its 95 % interval"),
        Tag("span", Tag("i", Class("sign clean")), $" {RobustAccuracy.Clean}"));

    private static XElement Band(AttackResult attack) => Tag("span", Class("band"), Attribute("style", string.Create(
        CultureInfo.InvariantCulture, $"left:{100 * attack.Low:0.##}%;width:{100 * Math.Max(0, attack.High - attack.Low):0.##}%")));

    private static XElement Mark(string style, double accuracy) => Tag("i", Class($"sign {style}"), Attribute("style", string.Create(
        CultureInfo.InvariantCulture, $"left:{100 * accuracy:0.##}%")));
}
