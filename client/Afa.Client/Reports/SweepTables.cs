using System.Text.Json;
using Afa.Attacks;
using Afa.Evaluation;
using Afa.Sweeps;
using Afa.Training;
using static Afa.Client.Reports.ReportText;

namespace Afa.Client.Reports;

/// <summary>What a sweep has found in tables.</summary>
internal static class SweepTables
{
    /// <summary>For each data set, norm and radius the points, the best first; then what failed.</summary>
    public static IEnumerable<ReportTable> All(SweepDocument sweep) => [.. sweep.Groups.Select(group => Points(group, sweep.Varied)), .. Failed(sweep)];

    public static string Title(SweepGroup group) => $"{group.Dataset}, {group.Norm} ε = {group.Epsilon}, {Count(group.Images, "test image")} for each trial";

    public static ReportTable Points(SweepGroup group, IReadOnlyList<string> varied)
    {
        var attacks = Attacks(group);
        var ranking = Ranking(group);
        var hasFailures = group.Rows.Any(row => row.Failed > 0);
        return new(
            Title(group),
            [
                "Point", .. varied, "Seeds", .. hasFailures ? ["Failed"] : Array.Empty<string>(),
                .. attacks.SelectMany(attack => HasInterval(attack) ? new[] { attack, "95 % interval" } : [attack]), "Training", "Images/s",
            ],
            [.. group.Rows.Select(row => (IReadOnlyList<string>)
            [
                row.Point.Name,
                .. varied.Select(key => row.Point.Find(key) ?? "–"),
                Seeds(row.Find(ranking)),
                .. hasFailures ? [Whole(row.Failed)] : Array.Empty<string>(),
                .. attacks.SelectMany(attack => HasInterval(attack) ? new[] { Mean(row.Find(attack)), Range(row.Find(attack)) } : [Mean(row.Find(attack))]),
                Duration(TimeSpan.FromSeconds(row.TrainingSeconds)),
                Number(row.ImagesPerSecond, "0"),
            ])]);

        bool HasInterval(string attack) => attack == RobustAccuracy.Clean || attack == ranking;
    }

    /// <summary>All trials, as each was evaluated.</summary>
    public static ReportTable Trials(SweepDocument sweep)
    {
        var radii = sweep.Groups.Select(group => group.Epsilon).Distinct().Count();
        var columns = sweep.Trials.SelectMany(trial => trial.Result?.Accuracies ?? []).Where(IsShown).Select(Column).Distinct().ToList();
        return new(
            "All trials",
            ["Trial", "Seed", .. columns, "Training", "Images/s", "Run"],
            [.. sweep.Trials.Where(trial => trial.Result is not null).Select(trial => (IReadOnlyList<string>)
            [
                trial.Name,
                $"{trial.Seed}",
                .. columns.Select(column => trial.Result!.Accuracies.FirstOrDefault(accuracy => IsShown(accuracy) && Column(accuracy) == column) is { } accuracy
                    ? Fraction((double)accuracy.Correct / accuracy.Total)
                    : "–"),
                Duration(TimeSpan.FromSeconds(trial.Result!.TrainingSeconds)),
                Number(trial.Result.ImagesPerSecond, "0"),
                trial.Run,
            ])]);

        string Column(SweepAccuracy accuracy) => radii > 1 ? $"{accuracy.Attack} at {accuracy.Epsilon}" : accuracy.Attack;
    }

    /// <summary>Training options that all trials share.</summary>
    public static ReportTable Common(SweepPlan plan)
    {
        var trials = plan.Trials.Select(trial => OptionsTable.Flatten(JsonSerializer.SerializeToElement(trial.Training, AfaJson.Options)).ToDictionary()).ToList();
        return ReportTable.Facts("Options of all trials", [.. trials[0].Where(option => trials.TrueForAll(trial => trial.GetValueOrDefault(option.Key) == option.Value)).Select(option => (option.Key, option.Value))]);
    }

    /// <summary>Trials that failed and why; none if there are none.</summary>
    public static IEnumerable<ReportTable> Failed(SweepDocument sweep)
    {
        var failed = sweep.Trials.Where(trial => trial.Failure is not null).ToList();
        return failed.Count == 0 ? [] : [new ReportTable("Failed trials", ["Trial", "Run", "Reason"], [.. failed.Select(trial => new[] { trial.Name, trial.Run, trial.Failure! })])];
    }

    /// <summary>What rows are ranked by: the worst case or, where only one attack ran, that one, which is the same.</summary>
    public static string Ranking(SweepGroup group)
    {
        var attacks = group.Rows.SelectMany(row => row.Figures).Where(figure => IsShown(figure.Kind) && RobustAccuracy.IsAttack(figure.Attack)).Select(figure => figure.Attack).Distinct().ToList();
        return attacks switch
        {
            [] => RobustAccuracy.Clean,
            [var only] => only,
            _ => RobustAccuracy.WorstCase,
        };
    }

    /// <summary>What rows are ranked by, then the clean accuracy and the attacks within the ball.</summary>
    private static List<string> Attacks(SweepGroup group)
    {
        var ranking = Ranking(group);
        return [.. group.Rows.SelectMany(row => row.Figures).Where(figure => IsShown(figure.Kind)).Select(figure => figure.Attack).Distinct()
            .Where(attack => attack != RobustAccuracy.WorstCase || attack == ranking)
            .OrderByDescending(attack => attack == ranking)];
    }

    private static bool IsShown(AttackKind kind) => kind != AttackKind.Corruption;

    private static bool IsShown(SweepAccuracy accuracy) => IsShown(accuracy.Kind);

    private static string Seeds(SweepFigure? figure) => figure switch
    {
        null => "0",
        { Interval: SweepInterval.StudentT } => $"{figure.Seeds}, t",
        _ => $"{figure.Seeds}, Wilson",
    };

    private static string Mean(SweepFigure? figure) =>
        figure is null ? "–" : figure.Deviation is { } deviation ? $"{Fraction(figure.Mean)} ± {Fraction(deviation)}" : Fraction(figure.Mean);

    private static string Range(SweepFigure? figure) => figure is null ? "–" : Interval(figure.Low, figure.High);
}
