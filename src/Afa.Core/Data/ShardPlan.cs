using Afa.Compute;

namespace Afa.Data;

/// <summary>Divides the images of a data set among shards.</summary>
public static class ShardPlan
{
    /// <summary>Assigns each image to one shard.</summary>
    /// <param name="labels">Class of each image.</param>
    /// <param name="shards">Number of shards, from 1 to the number of images.</param>
    /// <param name="kind">How to deal.</param>
    /// <param name="seed">Seed of the run; only <see cref="ShardPlanKind.ClassBalanced"/> depends on it.</param>
    /// <returns>
    /// The images of each shard, ascending. Sizes differ by at most one; with <see cref="ShardPlanKind.ClassBalanced"/>,
    /// so do the numbers of images of any one class.
    /// </returns>
    /// <exception cref="ArgumentException">The number of shards or the kind is out of range.</exception>
    public static int[][] Create(ReadOnlySpan<byte> labels, int shards, ShardPlanKind kind, ulong seed)
    {
        if (shards < 1 || shards > labels.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(shards), shards, $"shards must be in [1, {labels.Length}], as each of them needs one of the {labels.Length} images.");
        }

        return kind switch
        {
            ShardPlanKind.Contiguous => Contiguous(labels.Length, shards),
            ShardPlanKind.RoundRobin => Deal([.. Enumerable.Range(0, labels.Length)], shards),
            ShardPlanKind.ClassBalanced => ClassBalanced(labels, shards, seed),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "kind must be Contiguous, RoundRobin or ClassBalanced."),
        };
    }

    private static int[][] Contiguous(int count, int shards)
    {
        var plan = new int[shards][];
        var start = 0;
        for (var shard = 0; shard < shards; shard++)
        {
            var size = (count / shards) + (shard < count % shards ? 1 : 0);
            plan[shard] = [.. Enumerable.Range(start, size)];
            start += size;
        }

        return plan;
    }

    private static int[][] ClassBalanced(ReadOnlySpan<byte> labels, int shards, ulong seed)
    {
        var draws = new SeededDraws(Seed.Derive(seed, (ulong)SeedUse.ShardPlan));

        // One deal over all classes in turn: each class goes round evenly, and so does the whole.
        var plan = Deal(Arrays.Join(ClassIndices.Shuffled(labels, draws)), shards);
        foreach (var shard in plan)
        {
            Array.Sort(shard);
        }

        return plan;
    }

    private static int[][] Deal(int[] indices, int shards)
    {
        var plan = new List<int>[shards];
        for (var i = 0; i < indices.Length; i++)
        {
            (plan[i % shards] ??= []).Add(indices[i]);
        }

        return Array.ConvertAll(plan, shard => shard.ToArray());
    }
}
