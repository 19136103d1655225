using System.Xml.Linq;
using Afa.Grains;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>Training runs, one a row.</summary>
internal static class RunTable
{
    private static readonly Column[] s_columns =
    [
        new("Run"), new("State"), new("Method", IsExtra: true), new("Data set", IsExtra: true), new("Progress"), new("Images/s", IsFigure: true, IsExtra: true), new("Time left", IsFigure: true, IsExtra: true),
        new("Loss", IsFigure: true, IsExtra: true), new("Clean", IsFigure: true, IsExtra: true), new("Robust", IsFigure: true), new("Created", IsExtra: true),
    ];

    public static XElement Create(IEnumerable<TrainingRunStatus> runs, DateTimeOffset now) => Tables.Create(
        "runs",
        "Training runs: accuracies of the last epoch, on held-out images where there are any, else on its training batches",
        s_columns,
        runs.Select(run =>
        {
            var (clean, robust) = Accuracies(run);
            return new Row(
                run.Run,
                PageLinks.ToRun(run.Run),
                Progress.State(run.State),
                OptionText.Find(run.OptionsJson, "method") ?? PageText.None,
                OptionText.Find(run.OptionsJson, "dataset") ?? PageText.None,
                new[] { Progress.Bar(Share(run), $"Progress of {run.Run}"), Tag("span", Class("detail"), Position(run)) },
                PageText.Rate(run.ImagesPerSecond),
                PageText.Duration(run.TimeLeft),
                PageText.Loss(Loss(run)),
                PageText.Fraction(clean),
                PageText.Fraction(robust),
                PageText.Ago(run.CreatedAt, now));
        }));

    /// <summary>Share of the steps that is done, in [0, 1].</summary>
    public static double Share(TrainingRunStatus run) => run.State == RunState.Completed ? 1 : run.Steps == 0 ? 0 : (double)run.Step / run.Steps;

    /// <summary>Such as "head, epoch 5/8, step 40/64".</summary>
    public static string Position(TrainingRunStatus run) => run.Steps == 0
        ? Progress.IsAtWork(run.State) ? "reading data, building models" : ""
        : $"{run.Phase}{(run.Phase.Length > 0 ? ", " : "")}epoch {(run.State == RunState.Running ? Math.Min(run.Epoch + 1, run.Epochs) : run.Epoch)}/{run.Epochs}, step {run.Step}/{run.Steps}";

    /// <summary>Of the last step; after a restart, of the last epoch.</summary>
    public static double? Loss(TrainingRunStatus run) => run.LastLoss ?? (run.History is [.., var last] ? last.Loss : null);

    /// <summary>Of the last epoch that has them: on held-out images where there are any, else on its training batches.</summary>
    public static (double? Clean, double? Robust) Accuracies(TrainingRunStatus run) => run.History.LastOrDefault(epoch => epoch.Validation is not null || epoch.CleanAccuracy is not null || epoch.RobustAccuracy is not null) switch
    {
        null => (null, null),
        { Validation: { } heldOut } => (heldOut.CleanAccuracy, heldOut.RobustAccuracy),
        var epoch => (epoch.CleanAccuracy, epoch.RobustAccuracy),
    };
}
