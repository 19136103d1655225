using System.ComponentModel.DataAnnotations;
using Afa.Compute;

namespace Afa.Data;

/// <summary>
/// Divides images among shards with label distribution skew: the images of each class are divided in proportions drawn from Dir(α).
/// </summary>
/// <remarks>
/// Hsu et al. 2019 (arXiv:1909.06335) brought the Dirichlet distribution to this use, but draw for each shard its proportions of the
/// classes, so that all shards are of one size. Here, as in Yurochkin et al. 2019 (arXiv:1905.12022) and Li et al. 2021 (arXiv:2102.02079),
/// each class draws its proportions over the shards: every image is used once, and shards differ in size too. As in the latter, a whole
/// draw is repeated until each shard has the minimum of images; their rule that a shard that has its even share gets no more of later classes is left out.
/// </remarks>
public static class DirichletPlan
{
    private const int MaximumDraws = 1000;

    /// <summary>Assigns each image to one shard.</summary>
    /// <param name="labels">Class of each image.</param>
    /// <param name="shards">Number of shards, at least 1.</param>
    /// <param name="options">α and the fewest images of a shard.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <returns>The images of each shard, ascending.</returns>
    /// <exception cref="ArgumentException">None of a thousand draws gives each shard enough images.</exception>
    /// <exception cref="ValidationException">An option is out of range.</exception>
    public static int[][] Create(ReadOnlySpan<byte> labels, int shards, DirichletOptions options, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shards);
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);

        var draws = new SeededDraws(Seed.Derive(seed, (ulong)SeedUse.ShardPlan, (ulong)ShardPlanKind.Dirichlet));
        var classes = ClassIndices.Shuffled(labels, draws);
        if ((long)shards * options.MinimumImages <= labels.Length)
        {
            for (var draw = 0; draw < MaximumDraws; draw++)
            {
                var cuts = Array.ConvertAll(classes, members => Cut(members.Length, shards, options.Alpha, draws));
                var plan = Deal(classes, cuts, shards, options.MinimumImages);
                if (plan is not null)
                {
                    return plan;
                }
            }
        }

        throw new ArgumentException(
            $"None of {MaximumDraws} draws with a Dirichlet α of {options.Alpha} gives each of {shards} shards {options.MinimumImages} of the {labels.Length} images. " +
            "Use a larger α, fewer shards or a smaller batch.");
    }

    /// <summary>Cuts a class into pieces with proportions from Dir(α): gamma draws divided by their sum (Devroye 1986, XI.4).</summary>
    /// <returns>Where each shard's piece ends.</returns>
    internal static int[] Cut(int members, int shards, double alpha, SeededDraws draws)
    {
        var logs = new double[shards];
        for (var shard = 0; shard < shards; shard++)
        {
            logs[shard] = draws.LogGamma(alpha);
        }

        var largest = logs.Max();
        var weights = Array.ConvertAll(logs, log => Math.Exp(log - largest));
        var sum = weights.Sum();
        var ends = new int[shards];
        var cumulated = 0.0;
        for (var shard = 0; shard < shards - 1; shard++)
        {
            cumulated += weights[shard] / sum;
            ends[shard] = (int)Math.Round(Math.Min(1, cumulated) * members);
        }

        ends[^1] = members;
        return ends;
    }

    /// <summary>Returns null if a shard gets less than the minimum.</summary>
    private static int[][]? Deal(int[][] classes, int[][] ends, int shards, int minimum)
    {
        var plan = new int[shards][];
        for (var shard = 0; shard < shards; shard++)
        {
            var images = new List<int>();
            for (var label = 0; label < classes.Length; label++)
            {
                var start = shard == 0 ? 0 : ends[label][shard - 1];
                images.AddRange(classes[label].AsSpan(start, ends[label][shard] - start));
            }

            if (images.Count < minimum)
            {
                return null;
            }

            images.Sort();
            plan[shard] = [.. images];
        }

        return plan;
    }
}
