using System.Text;
using System.Xml.Linq;
using Afa.Evaluation;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Writes a leaderboard for people.</summary>
public static class LeaderboardReport
{
    private const string Note =
        "Accuracies are fractions in [0, 1]. Checkpoints are ranked only against others under the same attack on the same data set within the same ball; " +
        "where intervals overlap, or the numbers of images differ, the order means little.";

    /// <summary>Writes leaderboard.html, one file that needs no network; it appears complete or not at all and replaces an earlier one.</summary>
    /// <param name="directory">Created if it is missing.</param>
    /// <returns>The full path of the file.</returns>
    public static string Write(string directory, IReadOnlyList<LeaderboardGroup> groups)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        var html = HtmlPage.Create(
            "AFA leaderboard",
            Tag("p", Class("subtitle"), Note),
            groups.Count == 0 ? Tag("p", "No evaluation is finished.") : null,
            groups.Select(group => new[] { JobSection.Group(group), Warnings(group) }));
        return ReportFile.Replace(directory, "leaderboard.html", Encoding.UTF8.GetBytes(html));
    }

    private static XElement? Warnings(LeaderboardGroup group) => group.Rows.Any(row => row.Warnings.Count > 0)
        ? Tag(
            "section",
            Class("warnings"),
            Tag("h3", $"⚠ {WarningBox.Title}"),
            Tag("ul", group.Rows.SelectMany(row => row.Warnings.Select(warning => Tag("li", $"{row.Checkpoint}: {warning}")))))
        : null;
}
