using System.Globalization;
using System.Text;
using System.Text.Json;
using Afa.Evaluation;
using Afa.Grains;
using static Afa.Client.Reports.ReportText;

namespace Afa.Client.Reports;

/// <summary>The tables that the HTML and the Markdown report have in common.</summary>
internal static class ReportTables
{
    /// <summary>More epochs than these are thinned out evenly.</summary>
    private const int MostEpochRows = 200;

    public static ReportTable Attacks(EvaluationResult evaluation) => new(
        "Accuracy under attack",
        ["Attack", "Accuracy", "95 % interval", "Correct", "Worst class", "Seconds"],
        [.. evaluation.Attacks.Select(attack => new[]
        {
            attack.Attack,
            Fraction(attack.Accuracy),
            Interval(attack.Low, attack.High),
            $"{attack.Correct} / {attack.Total}",
            attack.WorstClass is { } worst ? $"{worst.Name} ({Fraction(worst.Accuracy)})" : "–",
            Seconds(attack.Seconds),
        })]);

    public static ReportTable Classes(EvaluationResult evaluation)
    {
        var classes = evaluation.Attacks.Count == 0 ? [] : evaluation.Attacks[0].Classes;
        return new(
            "Accuracy of each class",
            ["Class", "Images", .. evaluation.Attacks.Select(attack => attack.Attack)],
            [.. classes.Select((c, index) => new[] { c.Name, Whole(c.Total) }
                .Concat(evaluation.Attacks.Select(attack => AccuracyOfClass(attack, index)))
                .ToArray())]);
    }

    public static ReportTable Epochs(IReadOnlyList<EpochMetrics> history)
    {
        var stride = (history.Count + MostEpochRows - 1) / MostEpochRows;
        return new(
            stride > 1 ? $"One epoch in {stride}, and the last" : "Epochs",
            ["Phase", "Epoch", "Loss", "Clean accuracy", "Robust accuracy", "Feature match", "Learning rate", "Seconds"],
            [.. history.Where((_, index) => index % stride == 0 || index == history.Count - 1).Select(epoch => new[]
            {
                epoch.Phase,
                Whole(epoch.Epoch),
                Number(epoch.Loss, "0.0000"),
                Fraction(epoch.CleanAccuracy),
                Fraction(epoch.RobustAccuracy),
                Fraction(epoch.FeatureMatch),
                Number(epoch.LearningRate, "G4"),
                Seconds(epoch.Seconds),
            })]);
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

    public static ReportTable Evaluation(EvaluationResult evaluation) => Facts(
        "Evaluation",
        ("Checkpoint", evaluation.Checkpoint),
        ("Model", evaluation.Model),
        ("Data set", evaluation.Dataset),
        ("Split", evaluation.Split),
        ("Images", Whole(evaluation.Images)),
        ("Norm", evaluation.Norm),
        ("Epsilon", evaluation.Epsilon),
        ("Seed", evaluation.Seed.ToString(CultureInfo.InvariantCulture)),
        ("Environment", evaluation.Environment),
        ("Time taken", Duration(TimeSpan.FromSeconds(evaluation.Seconds))),
        ("Written", ReportText.Time(evaluation.CreatedAt)));

    public static ReportTable Run(TrainingRunStatus run) => Facts(
        "Training run",
        ("Run", run.Run),
        ("State", run.State.ToString().ToLowerInvariant()),
        ("Epochs", $"{run.Epoch} of {run.Epochs}"),
        ("Steps", $"{run.Step} of {run.Steps}"),
        ("Checkpoint", run.Checkpoint ?? "–"),
        ("Started", ReportText.Time(run.CreatedAt)),
        ("Time taken", Duration(run.Elapsed)),
        ("Recoveries", Whole(run.Recoveries)));

    /// <summary>One row for each value in the run's options, however deep, named by its path.</summary>
    public static ReportTable Options(TrainingRunStatus run)
    {
        try
        {
            using var options = JsonDocument.Parse(Encoding.UTF8.GetBytes(run.OptionsJson));
            return Facts("Options", [.. Flatten("", options.RootElement)]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)   // The latter: an escaped lone surrogate.
        {
            return Facts("Options", ("Not JSON", run.OptionsJson));   // Shown as it is: the figures are worth a report all the same.
        }
    }

    private static IEnumerable<(string Name, string Value)> Flatten(string path, JsonElement element) =>
        element.ValueKind == JsonValueKind.Object
            ? element.EnumerateObject().SelectMany(p => Flatten(path.Length == 0 ? p.Name : $"{path}.{p.Name}", p.Value))
            : [(path, element.ValueKind switch
            {
                JsonValueKind.Null => "–",
                JsonValueKind.String => element.GetString()!,
                _ => element.GetRawText(),
            })];

    private static ReportTable Facts(string title, params (string Name, string Value)[] facts) =>
        new(title, ["Name", "Value"], [.. facts.Select(fact => new[] { fact.Name, fact.Value })]);

    private static string AccuracyOfClass(AttackResult attack, int index) =>
        index < attack.Classes.Count && attack.Classes[index].Total > 0 ? Fraction(attack.Classes[index].Accuracy) : "–";

    private static string Whole(int value) => value.ToString(CultureInfo.InvariantCulture);
}
