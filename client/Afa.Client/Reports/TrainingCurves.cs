using System.Xml.Linq;
using Afa.Grains;
using static Afa.Client.Reports.Html;

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
            history[0].Phase == history[^1].Phase ? "." : "; a dashed line marks where the next phase starts."),
        Tag("div", Class("charts"), new[]
        {
            LineChart.Create("Loss", history, range: null, ("loss", epoch => epoch.Loss)),
            LineChart.Create(
                "Accuracy",
                history,
                (0, 1),
                ("clean accuracy", epoch => epoch.CleanAccuracy),
                ("robust accuracy", epoch => epoch.RobustAccuracy),
                ("feature match", epoch => epoch.FeatureMatch)),
            LineChart.Create("Learning rate", history, range: null, ("learning rate", epoch => epoch.LearningRate)),
        }),
        Details(ReportTables.Epochs(history)));
}
