using Afa.Evaluation;

namespace Afa.Federation;

/// <summary>What the participants' counts say of a model together and apart.</summary>
public static class FederatedRobustness
{
    /// <summary>One entry for each attack, in the order of the counts: the clean one first, the worst case last.</summary>
    /// <remarks>Pooled, each image counts once. The gap and the deviation (Li et al. 2020, arXiv:1905.10497, call equal accuracies fair) are over participants, each counting once, with division by their number.</remarks>
    /// <returns>Empty if no participant gave counts.</returns>
    public static IReadOnlyList<AttackRobustness> Of(ModelJudgment judgment)
    {
        var given = judgment.Counts.OfType<ParticipantCounts>().Where(counts => counts.Images > 0).ToList();
        return given.Count == 0 ? [] : [.. given[0].Attacks.Select(attack => Of(attack.Attack, judgment.Counts))];
    }

    /// <summary>Pooled accuracy, clean and in the worst case over the attacks, and the latter for the participant for whom it is the smallest; null if no participant gave counts.</summary>
    public static (double? Clean, double? Robust, double? WorstParticipant) Summarize(ModelJudgment judgment)
    {
        var attacks = Of(judgment);
        return attacks.Count == 0 ? (null, null, null) : (attacks[0].Accuracy, attacks[^1].Accuracy, attacks[^1].Participants[attacks[^1].Worst]);
    }

    /// <summary>Images with the trigger, and how many of them are taken for the backdoor's target; null where nobody counted them.</summary>
    public static ClassCounts? Backdoor(ModelJudgment judgment)
    {
        var counted = judgment.Counts.OfType<ParticipantCounts>().Where(counts => counts is { BackdoorHits: not null, BackdoorImages: > 0 }).ToList();
        return counted.Count == 0 ? null : new(counted.Sum(counts => counts.BackdoorHits!.Value), counted.Sum(counts => counts.BackdoorImages!.Value));
    }

    private static AttackRobustness Of(string attack, IReadOnlyList<ParticipantCounts?> counts)
    {
        var found = counts.Select(participant => (Images: participant?.Images ?? 0, Attack: participant?.Attacks.FirstOrDefault(one => one.Attack == attack))).ToList();
        var accuracies = found.Select(one => one.Attack is null || one.Images == 0 ? (double?)null : (double)one.Attack.Correct / one.Images).ToList();
        var (correct, images) = (found.Sum(one => one.Attack?.Correct ?? 0), found.Sum(one => one.Attack is null ? 0 : one.Images));
        var (low, high) = WilsonInterval.Of(correct, images);
        var known = accuracies.OfType<double>().ToList();
        var mean = known.Average();
        return new(
            attack, correct, images, low, high, accuracies,
            Worst: accuracies.IndexOf(known.Min()),
            FairnessGap: known.Max() - known.Min(),
            StandardDeviation: Math.Sqrt(known.Average(accuracy => (accuracy - mean) * (accuracy - mean))),
            Classes(found.Select(one => one.Attack).OfType<AttackCounts>().ToList()));
    }

    private static List<ClassCounts?> Classes(List<AttackCounts> counts) =>
        [.. Enumerable.Range(0, counts.Max(one => one.Classes.Count)).Select(label =>
        {
            var told = counts.Select(one => one.Classes.ElementAtOrDefault(label)).OfType<ClassCounts>().ToList();
            return told.Count == 0 ? null : new ClassCounts(told.Sum(one => one.Correct), told.Sum(one => one.Images));
        })];
}
