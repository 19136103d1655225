using System.Xml.Linq;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Sweeps;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>One sweep: its points so far, then its trials.</summary>
internal static class SweepPage
{
    private static readonly Column[] s_trials = [new("Trial"), new("State"), new("Doing"), new("Run", IsExtra: true)];

    public static string Create(SweepStatus sweep, ClusterView view, PageIdentity identity) => PageFrame.Create(
        sweep.Sweep,
        identity,
        view,
        Message.Create(sweep.State, sweep.Message, $"afa sweep --resume {sweep.Sweep}"),
        Progress.Bar(sweep.Share, $"Progress of {sweep.Sweep}"),
        Tables.Facts(
            ("State", Progress.State(sweep.State)),
            ("Progress", SweepTable.Position(sweep)),
            ("Time left", sweep.TimeLeft is null ? null : PageText.Duration(sweep.TimeLeft)),
            ("Time at work", PageText.Duration(sweep.Elapsed)),
            ("Created", PageText.Ago(sweep.CreatedAt, view.ReadAt))),
        PageFrame.Section("points", "Points so far", view.SweepResults.TryGetValue(sweep.Sweep, out var document) && document.Groups.Count > 0 ? document.Groups.Select(Points) : null),
        PageFrame.Section("trials", "Trials", sweep.Trials.Count == 0 ? null : Tables.Create("trials", "Trials, in the order in which they start", s_trials, sweep.Trials.Select(trial => Trial(trial, view)))));

    private static XElement Points(SweepGroup group, int place) => Tables.Create(
        $"points-{place}",
        $"{group.Dataset}, {group.Norm} ε = {group.Epsilon}, {PageText.Count(group.Images, "test image")} for each trial: the most robust first",
        [
            new("Point"), new("Seeds", IsFigure: true), new("Worst case", IsFigure: true), new("95 % interval", IsFigure: true, IsExtra: true), new("Clean", IsFigure: true, IsExtra: true),
            new("Training", IsFigure: true, IsExtra: true), new("Failed", IsFigure: true, IsExtra: true),
        ],
        group.Rows.Select(row =>
        {
            var worst = row.Find(RobustAccuracy.WorstCase);
            return new Row(
                row.Point.Name,
                new object[] { row.Point.Name, Tag("span", Class("detail"), row.Point.Text) },
                $"{worst?.Seeds ?? 0}",
                SweepTable.Mean(worst),
                worst is null ? PageText.None : PageText.Interval(worst.Low, worst.High),
                SweepTable.Mean(row.Find(RobustAccuracy.Clean)),
                PageText.Duration(TimeSpan.FromSeconds(row.TrainingSeconds)),
                $"{row.Failed}");
        }));

    private static Row Trial(SweepTrialStatus trial, ClusterView view) => new(
        trial.Trial,
        trial.Trial,
        Progress.State(trial.State),
        trial.Message is { } message ? message : trial.Doing.Length > 0 ? new object[] { trial.Doing, " ", Progress.Bar(trial.Share, $"Progress of {trial.Trial}") } : "",
        view.Runs.Any(run => run.Run == trial.Run) ? PageLinks.ToRun(trial.Run) : trial.Run);
}
