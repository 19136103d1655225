using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Afa.Sweeps;
using Afa.Training;
using static Afa.Client.Reports.HtmlTables;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Writes what a sweep found, for people and for programs.</summary>
public static class SweepReport
{
    /// <summary>
    /// Writes report.html (one file that needs no network), report.md and result.json, the sweep as a <see cref="SweepDocument"/>.
    /// Each file appears complete or not at all and replaces an earlier one.
    /// </summary>
    /// <param name="directory">Created if it is missing.</param>
    /// <returns>The full path of report.html.</returns>
    public static string Write(string directory, SweepPlan plan, SweepDocument sweep)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        var html = CreateHtml(plan, sweep);
        var markdown = MarkdownReport.Create(Title(sweep), [.. SweepTables.All(sweep), SweepTables.Trials(sweep)], SweepNotes.Create(sweep));
        ReportFile.Replace(directory, "result.json", JsonSerializer.SerializeToUtf8Bytes(sweep, AfaJson.Options));
        ReportFile.Replace(directory, "report.md", Encoding.UTF8.GetBytes(markdown));
        return ReportFile.Replace(directory, "report.html", Encoding.UTF8.GetBytes(html));
    }

    private static string Title(SweepDocument sweep) => $"AFA sweep: {sweep.Sweep}";

    private static string CreateHtml(SweepPlan plan, SweepDocument sweep) => HtmlPage.Create(
        Title(sweep),
        Tag("p", Class("subtitle"), Subtitle(sweep)),
        sweep.Groups.Select(group => Group(sweep, group)),
        SweepTables.Failed(sweep).Select(table => Tag("section", Tag("h2", table.Title), Table(table, "facts"))),
        Tag("aside", Tag("h2", ReportNotes.Title), Tag("ul", SweepNotes.Create(sweep).Select(note => Tag("li", note)))),
        Details(SweepTables.Trials(sweep)),
        Tag("section", Tag("h2", "What was run"), Tag("div", Class("columns"), Table(SweepTables.Common(plan), "facts"))));

    private static XElement Group(SweepDocument sweep, SweepGroup group) => Tag(
        "section",
        Tag("h2", SweepTables.Title(group)),
        Tag("p", $"Mean ± standard deviation over the seeds; ranked by {SweepTables.Ranking(group)}."),
        Table(SweepTables.Points(group, sweep.Varied), "figures ranking"),
        SweepCharts.Create(sweep, group));

    private static string Subtitle(SweepDocument sweep)
    {
        var finished = sweep.Trials.Count(trial => trial.Result is not null);
        return $"{finished} of {ReportText.Count(sweep.Trials.Count, "trial")} finished in {ReportText.Duration(TimeSpan.FromSeconds(sweep.Seconds))}, begun {ReportText.Time(sweep.CreatedAt)}";
    }
}
