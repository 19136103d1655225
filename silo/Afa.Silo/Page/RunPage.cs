using System.Xml.Linq;
using Afa.Grains;
using static Afa.Silo.Page.Html;

namespace Afa.Silo.Page;

/// <summary>One training run.</summary>
internal static class RunPage
{
    private static readonly Column[] s_epochs =
    [
        new("Epoch"), new("Phase", IsExtra: true), new("Loss", IsFigure: true), new("Clean", IsFigure: true), new("Robust", IsFigure: true), new("Feature match", IsFigure: true, IsExtra: true),
        new("Held-out clean", IsFigure: true, IsExtra: true), new("Held-out robust", IsFigure: true, IsExtra: true), new("Learning rate", IsFigure: true, IsExtra: true), new("Seconds", IsFigure: true, IsExtra: true),
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
        PageFrame.Section("epochs", "Epochs", run.History.Count == 0 ? null : Tables.Create("epochs", "What each epoch measured, the newest first", s_epochs, run.History.Reverse().Select(Epoch))),
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
            ("Loss", PageText.Loss(RunTable.Loss(run))),
            ("Clean accuracy", PageText.Fraction(clean)),
            ("Robust accuracy", PageText.Fraction(robust)),
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

    private static Row Epoch(EpochMetrics epoch) => new(
        $"{epoch.Epoch}",
        $"{epoch.Epoch}",
        epoch.Phase,
        PageText.Loss(epoch.Loss),
        PageText.Fraction(epoch.CleanAccuracy),
        PageText.Fraction(epoch.RobustAccuracy),
        PageText.Fraction(epoch.FeatureMatch),
        PageText.Fraction(epoch.Validation?.CleanAccuracy),
        PageText.Fraction(epoch.Validation?.RobustAccuracy),
        PageText.Number(epoch.LearningRate, "0.######"),
        PageText.Number(epoch.Seconds + (epoch.Validation?.Seconds ?? 0), "0.0"));
}
