using Afa.Attacks;
using Afa.Data;

namespace Afa.Evaluation;

/// <summary>Pools the records of units into accuracies; each image counts once, whatever unit it was in.</summary>
public static class RobustAccuracy
{
    /// <summary>Name of the result without an attack.</summary>
    public const string Clean = "clean";

    /// <summary>Name of the result in which an image counts only if it withstood every attack within the ball.</summary>
    public const string WorstCase = "worst-case";

    /// <summary>Whether a result of this name is of one attack, neither of clean images nor the worst case.</summary>
    public static bool IsAttack(string name) => name is not (Clean or WorstCase);

    /// <summary>One result for each cascade in the order given, the clean one first and the worst case last.</summary>
    /// <param name="units">All units of one checkpoint at one radius; the same unit twice counts once.</param>
    public static IReadOnlyList<AttackResult> Pool(IEnumerable<UnitOutcome> units, IReadOnlyList<AttackCascade> cascades, DatasetDescription dataset)
    {
        var distinct = units.DistinctBy(unit => unit.Unit.Start).OrderBy(unit => unit.Unit.Start).ToList();
        var results = new List<AttackResult> { Result(Clean, distinct, unit => unit.CleanCorrect, distinct.Sum(unit => unit.CleanSeconds), dataset) };
        for (var cascade = 0; cascade < cascades.Count; cascade++)
        {
            var index = cascade;
            var seconds = distinct.Sum(unit => unit.Cascades[index].StageSeconds.Sum());
            var kinds = cascades[index].Stages.Select(stage => stage.Description.Kind).Distinct().ToList();
            results.Add(Result(cascades[index].Name, distinct, unit => Standing(unit, [index]), seconds, dataset) with
            {
                Kind = !cascades[index].IsInBall ? AttackKind.Corruption : kinds.Count == 1 ? kinds[0] : AttackKind.Bounded,
                Stages = cascades[index].Stages.Count > 1 ? Stages(distinct, index, cascades[index]) : [],
                MedianDistance = MedianDistance(distinct, index),
            });
        }

        var bounded = Enumerable.Range(0, cascades.Count).Where(cascade => cascades[cascade].IsInBall).ToList();
        results.Add(Result(WorstCase, distinct, unit => Standing(unit, bounded), results.Sum(result => result.Seconds), dataset));
        return results;
    }

    /// <summary>Whether the model is right on each clean image and withstood all these cascades.</summary>
    private static IEnumerable<bool> Standing(UnitOutcome unit, IReadOnlyList<int> cascades) =>
        unit.CleanCorrect.Select((isCorrect, i) => isCorrect && cascades.All(cascade => unit.Cascades[cascade].BrokenBy[i] is null));

    private static List<StageResult> Stages(List<UnitOutcome> units, int cascade, AttackCascade description) =>
        [.. description.Stages.Select((stage, s) => new StageResult(
            stage.Name,
            units.Sum(unit => unit.CleanCorrect.Where((isCorrect, i) => isCorrect && (unit.Cascades[cascade].BrokenBy[i] ?? int.MaxValue) > s).Count()),
            units.Sum(unit => unit.Cascades[cascade].StageSeconds[s])))];

    private static double? MedianDistance(List<UnitOutcome> units, int cascade)
    {
        if (units.Any(unit => unit.Cascades[cascade].Distances is null))
        {
            return null;
        }

        var distances = units
            .SelectMany(unit => unit.Cascades[cascade].Distances!.Zip(unit.CleanCorrect))
            .Where(sample => sample.Second).Select(sample => sample.First ?? double.PositiveInfinity).Order().ToList();
        var median = distances.Count == 0 ? double.PositiveInfinity : (distances[(distances.Count - 1) / 2] + distances[distances.Count / 2]) / 2;
        return double.IsFinite(median) ? median : null;
    }

    private static AttackResult Result(string attack, List<UnitOutcome> units, Func<UnitOutcome, IEnumerable<bool>> flags, double seconds, DatasetDescription dataset)
    {
        var (right, all) = (new int[dataset.Classes], new int[dataset.Classes]);
        foreach (var (label, isCorrect) in units.SelectMany(unit => unit.Labels.Zip(flags(unit))))
        {
            all[label]++;
            right[label] += isCorrect ? 1 : 0;
        }

        var (low, high) = WilsonInterval.Of(right.Sum(), all.Sum());
        return new AttackResult(
            attack, right.Sum(), all.Sum(), low, high, seconds, [.. dataset.ClassNames.Select((name, c) => new ClassAccuracy(name, right[c], all[c]))]);
    }
}
