using Afa.Compute;

namespace Afa.Federation.Aggregation;

/// <summary>The vectors that a rule sees, as means of updates: what a pre-aggregation makes of them.</summary>
internal sealed class Mixing
{
    private readonly double[][] _rows;   // [vector, update]

    private Mixing(double[][] rows, int updates)
    {
        _rows = rows;
        Updates = updates;
    }

    /// <summary>Number of vectors.</summary>
    public int Count => _rows.Length;

    public int Updates { get; }

    /// <summary>Coefficients of a vector, one for each update; their sum is 1.</summary>
    public ReadOnlySpan<double> Row(int vector) => _rows[vector];

    /// <summary>The updates as they are.</summary>
    public static Mixing None(int updates) => new([.. Enumerable.Range(0, updates).Select(update => MeanOf([update], updates))], updates);

    /// <summary>Nearest-neighbor mixing: Allouah et al. 2023 (arXiv:2302.01772). Each update becomes the mean of its n − f nearest, itself among them.</summary>
    /// <param name="updates">Distances of the updates.</param>
    /// <param name="byzantine">f, less than n / 2.</param>
    /// <remarks>An update that is not finite has no neighbors and stays what it is; nobody has it as a neighbor. Of updates as far away the first ones are taken.</remarks>
    public static Mixing NearestNeighbors(VectorDistances updates, int byzantine)
    {
        var all = Enumerable.Range(0, updates.Count);
        return new([.. all.Select(i => MeanOf(
            updates.IsFinite(i) ? [.. all.OrderBy(j => updates.Squared(i, j)).ThenBy(j => j != i).Take(updates.Count - byzantine)] : [i],
            updates.Count))], updates.Count);
    }

    /// <summary>Bucketing: Karimireddy et al. 2022 (arXiv:2006.09365), algorithm 1. The updates in random order, in buckets of s, of each of which the mean is taken.</summary>
    /// <param name="size">s; the last bucket holds what is left.</param>
    /// <param name="seed">Of the round.</param>
    public static Mixing Buckets(int updates, int size, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, updates)];
        new SeededDraws(Seed.Derive(seed, (ulong)SeedUse.Buckets)).Shuffle<int>(order);
        return new([.. order.Chunk(size).Select(bucket => MeanOf(bucket, updates))], updates);
    }

    /// <summary>Some of the vectors.</summary>
    public Mixing Select(IEnumerable<int> vectors) => new([.. vectors.Select(vector => _rows[vector])], Updates);

    /// <summary>The coefficients of Σ w_v y_v over the vectors, one for each update.</summary>
    public double[] Combine(ReadOnlySpan<double> weights)
    {
        var coefficients = new double[Updates];
        for (var vector = 0; vector < Count; vector++)
        {
            for (var update = 0; update < Updates; update++)
            {
                coefficients[update] += weights[vector] * _rows[vector][update];
            }
        }

        return coefficients;
    }

    private static double[] MeanOf(int[] members, int updates)
    {
        var row = new double[updates];
        foreach (var member in members)
        {
            row[member] = 1.0 / members.Length;
        }

        return row;
    }
}
