using Afa.Compute;

namespace Afa.Data;

/// <summary>Divides the images of a data set among shards.</summary>
public static class ShardPlan
{
    /// <summary>Assigns each image to one shard.</summary>
    /// <param name="labels">Class of each image.</param>
    /// <param name="shards">Number of shards, from 1 to the number of images.</param>
    /// <param name="kind">How to deal.</param>
    /// <param name="seed">Seed of the run; only the kinds that draw depend on it.</param>
    /// <param name="dirichlet">Of <see cref="ShardPlanKind.Dirichlet"/>; null takes the defaults.</param>
    /// <returns>
    /// The images of each shard, ascending. But for <see cref="ShardPlanKind.Dirichlet"/>, sizes differ by at most one; with
    /// <see cref="ShardPlanKind.ClassBalanced"/>, so do the numbers of images of any one class.
    /// </returns>
    /// <exception cref="ArgumentException">The number of shards or the kind is out of range, or no Dirichlet draw gives each shard enough.</exception>
    public static int[][] Create(ReadOnlySpan<byte> labels, int shards, ShardPlanKind kind, ulong seed, DirichletOptions? dirichlet = null)
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
            ShardPlanKind.Dirichlet => DirichletPlan.Create(labels, shards, dirichlet ?? new(), seed),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "kind must be Contiguous, RoundRobin, ClassBalanced or Dirichlet."),
        };
    }

    /// <summary>Makes each file of a converted data set a shard.</summary>
    /// <exception cref="ArgumentException">There are not as many files as shards.</exception>
    public static int[][] Stored(ImageDataset dataset, int shards)
    {
        if (dataset.FileSizes.Count != shards)
        {
            throw new ArgumentException(
                $"Shards is {shards}, but {dataset.Description.Title} has {dataset.FileSizes.Count} training files here, each of which is a shard in the plan 'stored'. " +
                $"Use {dataset.FileSizes.Count} shards, another plan, or convert the data set with --shards {shards}.");
        }

        var plan = new int[shards][];
        var start = 0;
        for (var shard = 0; shard < shards; shard++)
        {
            plan[shard] = [.. Enumerable.Range(start, dataset.FileSizes[shard])];
            start += dataset.FileSizes[shard];
        }

        return plan;
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
