using Afa.Evaluation;

namespace Afa.Sweeps;

/// <summary>Makes the result of a sweep from those of its trials.</summary>
public static class SweepSummary
{
    /// <param name="trials">All trials of the plan.</param>
    public static IReadOnlyList<SweepGroup> Groups(IReadOnlyList<SweepPoint> points, IReadOnlyList<SweepTrialReport> trials)
    {
        var ofPoint = trials.ToLookup(trial => trial.Point);
        var groups = trials.SelectMany(trial => trial.Result?.Accuracies ?? [])
            .Select(accuracy => (accuracy.Dataset, accuracy.Norm, accuracy.Epsilon, accuracy.Total)).Distinct()
            .Select(key => new SweepGroup(key.Dataset, key.Norm, key.Epsilon, key.Total, []));
        return [.. groups.Select(group => group with
        {
            Rows = [.. points
                .Select(point => Row(point, [.. ofPoint[point.Name]], group))
                .OfType<SweepRow>()
                .OrderByDescending(row => Robust(row)?.Mean).ThenByDescending(row => row.Find(RobustAccuracy.Clean)?.Mean).ThenBy(row => row.Point.Name, StringComparer.Ordinal)],
        })];
    }

    /// <summary>What rows are ranked by.</summary>
    private static SweepFigure? Robust(SweepRow row) => row.Find(RobustAccuracy.WorstCase) ?? row.Find(RobustAccuracy.Clean);

    /// <returns>Null if no trial of the point was evaluated so.</returns>
    private static SweepRow? Row(SweepPoint point, List<SweepTrialReport> trials, SweepGroup group)
    {
        var finished = trials.Where(trial => trial.Result?.Accuracies.Any(group.Includes) == true).Select(trial => trial.Result!).ToList();
        return finished.Count == 0 ? null : new SweepRow(
            point,
            trials.Count(trial => trial.Failure is not null),
            [.. finished.SelectMany(trial => trial.Accuracies.Where(group.Includes)).GroupBy(accuracy => accuracy.Attack).Select(attack => SweepFigure.Of([.. attack]))],
            finished.Average(trial => trial.TrainingSeconds),
            finished.Average(trial => trial.ImagesPerSecond));
    }
}
