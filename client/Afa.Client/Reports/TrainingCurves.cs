using System.Xml.Linq;
using Afa.Client.Output;
using Afa.Grains;
using static Afa.Client.Reports.HtmlTables;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>How loss, accuracies and learning rate went over the epochs.</summary>
internal static class TrainingCurves
{
    public static XElement? Create(IReadOnlyList<EpochMetrics> history) => history.Count == 0 ? null : Tag(
        "section",
        Tag("h2", "Training"),
        Tag(
            "p",
            "Measured on the training batches. Losses of different phases are of different kinds and cannot be compared",
            history[0].Phase == history[^1].Phase ? "." : "; a dashed line marks where the next phase starts.",
            BestEpoch.Of(history) is { } best ? $" Held-out images are training images that no step uses; the best epoch by them is {BestEpoch.Describe(best)}." : null),
        Tag("div", Class("charts"), new[]
        {
            OverEpochs("Loss", history, range: null, ("loss", epoch => epoch.Loss)),
            OverEpochs(
                "Accuracy",
                history,
                (0, 1),
                ("clean accuracy", epoch => epoch.CleanAccuracy),
                ("robust accuracy", epoch => epoch.RobustAccuracy),
                ("feature match", epoch => epoch.FeatureMatch),
                ("held-out clean", epoch => epoch.Validation?.CleanAccuracy),
                ("held-out robust", epoch => epoch.Validation?.RobustAccuracy)),
            OverEpochs("Learning rate", history, range: null, ("learning rate", epoch => epoch.LearningRate)),
        }),
        Details(TrainingTables.Epochs(history)));

    private static XElement? OverEpochs(
        string title, IReadOnlyList<EpochMetrics> history, (double Low, double High)? range, params (string Name, Func<EpochMetrics, double?> Value)[] curves)
    {
        var phases = Phases(history).ToList();
        return LineChart.Create(new Chart
        {
            Title = title,
            Axis = "epoch",
            X = (history[0].Epoch - 0.5, history[^1].Epoch + 0.5),
            Y = range,
            LeastStep = 1,
            Curves = [.. curves.Select(curve => new ChartCurve(
                curve.Name, [.. phases.Select(phase => phase.Select(epoch => ((double)epoch.Epoch, curve.Value(epoch))).ToList())]))],
            Marks = [.. phases.Skip(1).Select(phase => (phase[0].Epoch - 0.5, phase[0].Phase))],
        });
    }

    /// <summary>The history cut where the phase changes.</summary>
    private static IEnumerable<EpochMetrics[]> Phases(IReadOnlyList<EpochMetrics> history)
    {
        var start = 0;
        for (var i = 1; i <= history.Count; i++)
        {
            if (i == history.Count || history[i].Phase != history[start].Phase)
            {
                yield return history.Skip(start).Take(i - start).ToArray();
                start = i;
            }
        }
    }
}
