using Afa.Attacks;

namespace Afa.Evaluation;

/// <summary>Ranks checkpoints by robust accuracy, among those that can be compared.</summary>
public static class Leaderboard
{
    /// <summary>Ranks what is known from many evaluations: by the strongest attack that each checkpoint has been under, AutoAttack before all others.</summary>
    /// <remarks>
    /// A checkpoint's newest result of an attack counts. Results that give another clean accuracy on the same images than the newest one are
    /// left out: they are of other weights under the same name. Accuracies under different attacks are never ranked against each other:
    /// see <see cref="LeaderboardRow.RankedBy"/>.
    /// </remarks>
    /// <returns>One group for each data set, norm and radius, in this order.</returns>
    public static IReadOnlyList<LeaderboardGroup> Create(IReadOnlyList<EvaluationDocument> documents) =>
        Create(documents.SelectMany(document => document.Results), Strength);

    /// <summary>Ranks the checkpoints of one job by the worst case over its attacks, which were the same for all.</summary>
    public static IReadOnlyList<LeaderboardGroup> OfJob(EvaluationDocument job) => Create(job.Results, _ => [RobustAccuracy.WorstCase]);

    /// <param name="strength">Names of the attacks that may rank the rows given, the first that a row has does.</param>
    private static List<LeaderboardGroup> Create(IEnumerable<EvaluationResult> results, Func<IReadOnlyList<LeaderboardRow>, IReadOnlyList<string>> strength) =>
        [.. results
            .GroupBy(result => (result.Dataset, result.Split, result.Norm, Radius: RadiusKey(result.Epsilon)))
            .OrderBy(group => group.Key.Dataset, StringComparer.Ordinal).ThenBy(group => group.Key.Norm, StringComparer.Ordinal).ThenBy(group => group.Key.Radius.Value)
            .Select(group =>
            {
                var rows = group.GroupBy(result => (result.Checkpoint, result.Images)).Select(Row).ToList();
                return new LeaderboardGroup(group.Key.Dataset, group.Key.Split, group.Key.Norm, group.First().Epsilon, Rank(rows, strength(rows)));
            })];

    /// <summary>Equal for "8/255" and its decimal form.</summary>
    private static (double Value, string Text) RadiusKey(string epsilon) =>
        Radius.TryParse(epsilon, out var value) ? (Math.Round(value, 9), "") : (double.PositiveInfinity, epsilon);

    private static LeaderboardRow Row(IEnumerable<EvaluationResult> results)
    {
        var newestFirst = results.OrderByDescending(result => result.CreatedAt).ToList();
        var newest = newestFirst[0];
        var clean = newest.Find(RobustAccuracy.Clean)?.Correct;
        var used = newestFirst.Where(result => result.Find(RobustAccuracy.Clean)?.Correct == clean).ToList();
        return new LeaderboardRow
        {
            Rank = 0,
            Checkpoint = newest.Checkpoint,
            Model = newest.Model,
            Images = newest.Images,
            CreatedAt = newest.CreatedAt,
            RankedBy = null,
            Attacks = [.. used.SelectMany(result => result.Attacks).Where(attack => attack.Kind != AttackKind.Corruption).DistinctBy(attack => attack.Attack)],
            Warnings = [.. used.SelectMany(result => result.Warnings).Distinct()],
        };
    }

    /// <summary>The versions of AutoAttack, the standard one first; then the others by the lowest accuracy that any of them has left.</summary>
    private static List<string> Strength(IReadOnlyList<LeaderboardRow> rows) =>
        [.. AutoAttack.Versions.Select(version => version.Name)
            .Concat(rows
                .SelectMany(row => row.Attacks)
                .Where(attack => RobustAccuracy.IsAttack(attack.Attack))
                .GroupBy(attack => attack.Attack)
                .OrderBy(attack => attack.Min(result => result.Accuracy)).ThenBy(attack => attack.Key, StringComparer.Ordinal)
                .Select(attack => attack.Key))
            .Distinct()];

    private static List<LeaderboardRow> Rank(IReadOnlyList<LeaderboardRow> rows, IReadOnlyList<string> strength)
    {
        var ranked = new List<LeaderboardRow>();
        var attacked = rows.ToLookup(row => strength.FirstOrDefault(attack => row.Find(attack) is not null));
        foreach (var attack in strength.Append(null))
        {
            var sorted = attacked[attack]
                .OrderByDescending(row => Accuracy(row, attack)).ThenByDescending(row => row.Clean?.Accuracy)
                .ThenBy(row => row.Checkpoint, StringComparer.Ordinal).ThenByDescending(row => row.Images)
                .ToList();
            var rank = 0;
            for (var i = 0; i < sorted.Count; i++)
            {
                rank = i == 0 || Accuracy(sorted[i], attack) < Accuracy(sorted[i - 1], attack) ? i + 1 : rank;
                ranked.Add(sorted[i] with { RankedBy = attack, Rank = rank });
            }
        }

        return ranked;
    }

    private static double Accuracy(LeaderboardRow row, string? attack) => row.Find(attack ?? RobustAccuracy.Clean)?.Accuracy ?? 0;
}
