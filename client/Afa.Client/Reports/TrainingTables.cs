using System.Text;
using System.Text.Json;
using Afa.Client.Output;
using Afa.Grains;
using static Afa.Client.Reports.ReportText;

namespace Afa.Client.Reports;

/// <summary>What the reports say about a training run in tables.</summary>
internal static class TrainingTables
{
    /// <summary>More epochs than these are thinned out evenly.</summary>
    private const int MostEpochRows = 200;

    public static IEnumerable<ReportTable> All(TrainingRunStatus run) => [Run(run), Epochs(run.History), Time(PhaseTime.Of(run.History)), Options(run)];

    public static ReportTable Epochs(IReadOnlyList<EpochMetrics> history)
    {
        var stride = (history.Count + MostEpochRows - 1) / MostEpochRows;
        var hasValidation = BestEpoch.Of(history) is not null;
        return new(
            stride > 1 ? $"One epoch in {stride}, and the last" : "Epochs",
            ["Phase", "Epoch", "Loss", "Clean accuracy", "Robust accuracy", "Feature match", .. hasValidation ? ["Held-out clean", "Held-out robust"] : Array.Empty<string>(), "Learning rate", "Seconds"],
            [.. history.Where((_, index) => index % stride == 0 || index == history.Count - 1).Select(epoch => Row(epoch, hasValidation))]);
    }

    public static ReportTable Time(IReadOnlyList<PhaseTime> phases) => new(
        "Seconds of the first trainer",
        ["Phase", "Part", "Seconds", "Share"],
        [.. phases.SelectMany(phase => phase.Parts.Select(part => new[]
        {
            phase.Phase,
            part.Name,
            Seconds(part.Seconds),
            Fraction(part.Seconds / phase.Seconds),
        }))]);

    public static ReportTable Run(TrainingRunStatus run) => ReportTable.Facts(
        "Training run",
        ("Run", run.Run),
        ("State", run.State.ToString().ToLowerInvariant()),
        ("Epochs", $"{run.Epoch} of {run.Epochs}"),
        ("Steps", $"{run.Step} of {run.Steps}"),
        ("Checkpoint", run.Checkpoint ?? "–"),
        ("Best epoch", BestEpoch.Of(run.History) is { } best ? BestEpoch.Describe(best) : "–"),
        ("Started", ReportText.Time(run.CreatedAt)),
        ("Time taken", Duration(run.Elapsed)),
        ("Recoveries", Whole(run.Recoveries)));

    /// <summary>One row for each value in the run's options, however deep, named by its path.</summary>
    public static ReportTable Options(TrainingRunStatus run)
    {
        try
        {
            using var options = JsonDocument.Parse(Encoding.UTF8.GetBytes(run.OptionsJson));
            return ReportTable.Facts("Options", [.. OptionsTable.Flatten(options.RootElement)]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)   // The latter: an escaped lone surrogate.
        {
            return ReportTable.Facts("Options", ("Not JSON", run.OptionsJson));   // Shown as it is: the figures are worth a report all the same.
        }
    }

    private static IReadOnlyList<string> Row(EpochMetrics epoch, bool hasValidation) =>
    [
        epoch.Phase,
        Whole(epoch.Epoch),
        Number(epoch.Loss, "0.0000"),
        Fraction(epoch.CleanAccuracy),
        Fraction(epoch.RobustAccuracy),
        Fraction(epoch.FeatureMatch),
        .. hasValidation ? [Fraction(epoch.Validation?.CleanAccuracy), Fraction(epoch.Validation?.RobustAccuracy)] : Array.Empty<string>(),
        Number(epoch.LearningRate, "G4"),
        Seconds(epoch.Seconds),
    ];
}
