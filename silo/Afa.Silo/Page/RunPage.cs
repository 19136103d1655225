using System.Xml.Linq;
using Afa.Grains;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>One training run.</summary>
internal static class RunPage
{
    private static readonly (Column Column, Func<EpochMetrics, string> Cell)[] s_epochs =
    [
        (new("Epoch"), epoch => $"{epoch.Epoch}"),
        (new("Phase"), epoch => epoch.Phase),
        (new("Loss", IsFigure: true), epoch => PageText.Loss(epoch.Loss)),
        (new("Clean", IsFigure: true), epoch => PageText.Fraction(epoch.CleanAccuracy)),
        (new("Robust", IsFigure: true), epoch => PageText.Fraction(epoch.RobustAccuracy)),
        (new("Feature match", IsFigure: true), epoch => PageText.Fraction(epoch.FeatureMatch)),
        (new("Held-out clean", IsFigure: true), epoch => PageText.Fraction(epoch.Validation?.CleanAccuracy)),
        (new("Held-out robust", IsFigure: true), epoch => PageText.Fraction(epoch.Validation?.RobustAccuracy)),
        (new("Learning rate", IsFigure: true, IsExtra: true), epoch => PageText.Number(epoch.LearningRate, "0.######")),
        (new("Seconds", IsFigure: true, IsExtra: true), epoch => PageText.Number(epoch.Seconds + (epoch.Validation?.Seconds ?? 0), "0.0")),
    ];

    public static string Create(TrainingRunStatus run, ClusterView view, PageIdentity identity) => PageFrame.Create(
        run.Run,
        identity,
        view,
        Message.Create(run.State, run.Message, $"afa train --resume {run.Run}"),
        Progress.Bar(RunTable.Share(run), $"Progress of {run.Run}"),
        Facts(run, view),
        PageFrame.Section("curves", "Curves", TrainingCharts.Create(run)),
        PageFrame.Section("evaluations", "Evaluations", EvaluationsOf(run, view)),
        PageFrame.Section("epochs", "Epochs", Epochs(run.History)),
        Tag("details", Id("options"), Tag("summary", "Options"), Tables.Facts([.. OptionText.Flatten(run.OptionsJson).Select(option => (option.Name, (object?)option.Value))])));

    private static XElement Facts(TrainingRunStatus run, ClusterView view)
    {
        var (clean, robust) = RunTable.Accuracies(run);
        return Tables.Facts(
            ("State", Progress.State(run.State)),
            ("Progress", RunTable.Position(run)),
            ("Time left", run.TimeLeft is null ? null : PageText.Duration(run.TimeLeft)),
            ("Time at work", PageText.Duration(run.Elapsed)),
            ("Images per second", run.ImagesPerSecond > 0 ? PageText.Rate(run.ImagesPerSecond) : null),
            ("Loss", RunTable.Loss(run) is { } loss ? PageText.Loss(loss) : null),
            ("Clean accuracy", clean is null ? null : PageText.Fraction(clean)),
            ("Robust accuracy", robust is null ? null : PageText.Fraction(robust)),
            ("Method", OptionText.Find(run.OptionsJson, "method")),
            ("Data set", OptionText.Find(run.OptionsJson, "dataset")),
            ("Model", OptionText.Find(run.OptionsJson, "model")),
            ("Trainers", OptionText.Find(run.OptionsJson, "trainers")),
            ("Recoveries", run.Recoveries > 0 ? $"{run.Recoveries}" : null),
            ("Newest checkpoint", run.Checkpoint is null ? "none yet" : PageText.Checkpoint(run.Checkpoint)),
            ("Created", PageText.Ago(run.CreatedAt, view.ReadAt)));
    }

    private static XElement? EvaluationsOf(TrainingRunStatus run, ClusterView view)
    {
        var evaluations = view.Evaluations.Where(evaluation => OptionText.FindAll(evaluation.OptionsJson, "checkpoints").Any(checkpoint => PageLinks.RunOf(checkpoint) == run.Run)).ToList();
        return evaluations.Count == 0 ? null : EvaluationTable.Create(evaluations, view);
    }

    /// <summary>What no epoch has measured has no column.</summary>
    private static XElement? Epochs(IReadOnlyList<EpochMetrics> history)
    {
        var columns = s_epochs.Where(column => history.Any(epoch => column.Cell(epoch) != PageText.None)).ToList();
        return history.Count == 0 ? null : Tables.Create(
            "epochs",
            "What each epoch measured, the newest first",
            [.. columns.Select(column => column.Column)],
            history.Reverse().Select(epoch => new Row($"{epoch.Epoch}", [.. columns.Select(column => column.Cell(epoch))])));
    }
}
