using Afa.Data;

namespace Afa.Evaluation;

/// <summary>Pools the records of slices into accuracies; each image counts once, whatever slice it was in.</summary>
public static class RobustAccuracy
{
    /// <summary>Name of the result in which an image counts only if it withstood every attack.</summary>
    public const string WorstCase = "worst-case";

    /// <summary>One result for each attack in the order given, the clean one first and the worst case last.</summary>
    /// <param name="slices">All slices of an evaluation; the same slice twice counts once.</param>
    public static IReadOnlyList<AttackResult> Pool(IEnumerable<SliceOutcome> slices, IReadOnlyList<string> attacks, DatasetDescription dataset)
    {
        var distinct = slices.DistinctBy(slice => slice.Start).ToList();
        var results = new List<AttackResult>();
        foreach (var attack in attacks.Prepend(SliceEvaluator.Clean))
        {
            results.Add(Result(attack, distinct, slice => slice.Correct[attack], distinct.Sum(slice => slice.Seconds[attack]), dataset));
        }

        results.Add(Result(WorstCase, distinct, slice => WithstoodAll(slice, attacks), results.Sum(result => result.Seconds), dataset));
        return results;
    }

    private static IReadOnlyList<bool> WithstoodAll(SliceOutcome slice, IReadOnlyList<string> attacks) =>
        [.. Enumerable.Range(0, slice.Labels.Count).Select(i => slice.Correct[SliceEvaluator.Clean][i] && attacks.All(attack => slice.Correct[attack][i]))];

    private static AttackResult Result(
        string attack, List<SliceOutcome> slices, Func<SliceOutcome, IReadOnlyList<bool>> flags, double seconds, DatasetDescription dataset)
    {
        var (right, all) = (new int[dataset.Classes], new int[dataset.Classes]);
        foreach (var slice in slices)
        {
            var correct = flags(slice);
            for (var i = 0; i < slice.Labels.Count; i++)
            {
                all[slice.Labels[i]]++;
                right[slice.Labels[i]] += correct[i] ? 1 : 0;
            }
        }

        var (low, high) = WilsonInterval.Of(right.Sum(), all.Sum());
        return new AttackResult(
            attack, right.Sum(), all.Sum(), low, high, seconds, [.. dataset.ClassNames.Select((name, c) => new ClassAccuracy(name, right[c], all[c]))]);
    }
}
