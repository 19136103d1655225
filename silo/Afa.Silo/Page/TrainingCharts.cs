using System.Xml.Linq;
using Afa.Grains;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>How losses and accuracies of a run go over its epochs.</summary>
internal static class TrainingCharts
{
    public static XElement? Create(TrainingRunStatus run)
    {
        if (run.History.Count == 0 && run.LossTrail is not { Count: > 0 })
        {
            return null;
        }

        var phases = Phases(run.History);
        var marks = phases.Skip(1).Select(phase => (phase[0].Epoch - 1.0, phase[0].Phase)).ToList();
        (double, double) range = (0, Math.Max(Math.Max(1, run.History.Count), Math.Ceiling(Epochs(run, run.Step))));
        return Tag(
            "div",
            Class("charts"),
            CurveChart.Create("Loss", "epochs", [new Curve("mean of an epoch", Pieces(phases, epoch => epoch.Loss)), new Curve("since the start or the last resume", Trail(run), IsFine: true)], range, y: null, marks),
            CurveChart.Create(
                "Accuracy",
                "epochs",
                [
                    new Curve("clean", Pieces(phases, epoch => epoch.CleanAccuracy)),
                    new Curve("robust", Pieces(phases, epoch => epoch.RobustAccuracy)),
                    new Curve("feature match", Pieces(phases, epoch => epoch.FeatureMatch)),
                    new Curve("held-out clean", Pieces(phases, epoch => epoch.Validation?.CleanAccuracy)),
                    new Curve("held-out robust", Pieces(phases, epoch => epoch.Validation?.RobustAccuracy)),
                ],
                range,
                (0, 1),
                marks));
    }

    private static IReadOnlyList<IReadOnlyList<(double X, double Y)>> Pieces(IReadOnlyList<IReadOnlyList<EpochMetrics>> phases, Func<EpochMetrics, double?> value) =>
        [.. phases.Select(phase => phase.Where(epoch => value(epoch) is not null).Select(epoch => ((double)epoch.Epoch, value(epoch)!.Value)).ToList())];

    private static IReadOnlyList<IReadOnlyList<(double X, double Y)>> Trail(TrainingRunStatus run) =>
        [.. (run.LossTrail ?? []).GroupBy(point => point.Phase).Select(phase => phase.Select(point => (Epochs(run, point.Step), point.Loss)).ToList())];

    /// <summary>All epochs have the same number of steps, so steps and epochs are one axis.</summary>
    private static double Epochs(TrainingRunStatus run, long steps) => run.Steps == 0 ? 0 : (double)steps * run.Epochs / run.Steps;

    /// <summary>The history cut where the phase changes.</summary>
    private static List<List<EpochMetrics>> Phases(IReadOnlyList<EpochMetrics> history)
    {
        var phases = new List<List<EpochMetrics>>();
        foreach (var epoch in history)
        {
            if (phases.Count == 0 || phases[^1][^1].Phase != epoch.Phase)
            {
                phases.Add([]);
            }

            phases[^1].Add(epoch);
        }

        return phases;
    }
}
