using System.Xml.Linq;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Sweeps;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>Sweeps, one a row.</summary>
internal static class SweepTable
{
    private static readonly Column[] s_columns =
    [
        new("Sweep"), new("State"), new("Progress"), new("Time left", IsFigure: true, IsExtra: true), new("Best point so far", IsExtra: true), new("Worst case", IsFigure: true), new("Created", IsExtra: true),
    ];

    public static XElement Create(IEnumerable<SweepStatus> sweeps, ClusterView view) => Tables.Create(
        "sweeps",
        "Sweeps: the point that is most robust in the worst case over the attacks, mean over its seeds",
        s_columns,
        sweeps.Select(sweep =>
        {
            var best = view.SweepResults.GetValueOrDefault(sweep.Sweep) is { Groups: [{ Rows: [var first, ..] }, ..] } ? first : null;
            return new Row(
                sweep.Sweep,
                PageLinks.ToSweep(sweep.Sweep),
                Progress.State(sweep.State),
                new[] { Progress.Bar(sweep.Share, $"Progress of {sweep.Sweep}"), Tag("span", Class("detail"), Position(sweep)) },
                PageText.Duration(sweep.TimeLeft),
                best is null ? PageText.None : new object[] { best.Point.Name, Tag("span", Class("detail"), best.Point.Text) },
                best is null ? PageText.None : Mean(best.Find(RobustAccuracy.WorstCase) ?? best.Find(RobustAccuracy.Clean)),
                PageText.Ago(sweep.CreatedAt, view.ReadAt));
        }));

    /// <summary>Such as "3 of 12 trials, 1 failed".</summary>
    public static string Position(SweepStatus sweep)
    {
        var failed = Count(sweep, SweepTrialState.Failed);
        return $"{Count(sweep, SweepTrialState.Completed)} of {PageText.Count(sweep.Trials.Count, "trial")}{(failed > 0 ? $", {failed} failed" : "")}";
    }

    /// <summary>A mean with the deviation between the seeds.</summary>
    public static string Mean(SweepFigure? figure) => figure?.Deviation is { } deviation ? $"{PageText.Fraction(figure.Mean)} ± {PageText.Fraction(deviation)}" : PageText.Fraction(figure?.Mean);

    private static int Count(SweepStatus sweep, SweepTrialState state) => sweep.Trials.Count(trial => trial.State == state);
}
