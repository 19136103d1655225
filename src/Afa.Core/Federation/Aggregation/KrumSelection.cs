namespace Afa.Federation.Aggregation;

/// <summary>Which vectors Krum and the rules that build on it choose.</summary>
/// <remarks>A vector that is not finite is infinitely far from all others. Of equal scores (with one neighbor, those of the nearest pair always are) the one wins whose score with one neighbor more is less, so that the order of the updates does not decide.</remarks>
internal sealed class KrumSelection
{
    private readonly VectorDistances _vectors;
    private readonly int _byzantine;
    private readonly int[][] _nearest;   // Of each vector all others, nearest first.

    /// <param name="byzantine">f.</param>
    public KrumSelection(VectorDistances vectors, int byzantine)
    {
        _vectors = vectors;
        _byzantine = byzantine;
        var all = Enumerable.Range(0, vectors.Count);
        _nearest = [.. all.Select(i => all.Where(j => j != i).OrderBy(j => vectors.Squared(i, j)).ToArray())];
    }

    /// <summary>The vectors with the smallest scores: Krum (one) and Multi-Krum of Blanchard et al. 2017, "Machine learning with adversaries", section 4.</summary>
    /// <param name="count">How many.</param>
    /// <returns>Their indices, ascending.</returns>
    /// <remarks>A score is the sum of squared distances to the n − f − 2 nearest others.</remarks>
    public int[] Best(int count)
    {
        var all = Enumerable.Repeat(true, _vectors.Count).ToArray();
        var neighbors = _vectors.Count - _byzantine - 2;
        return [.. Enumerable.Range(0, _vectors.Count).OrderBy(i => Score(i, all, neighbors)).Take(count).Order()];
    }

    /// <summary>The vectors that Krum chooses one after the other: El Mhamdi et al. 2018 (arXiv:1802.07927), section 4, first step.</summary>
    /// <param name="count">θ = n − 2 f.</param>
    /// <returns>Their indices, ascending.</returns>
    /// <remarks>
    /// With r vectors left a score takes the r − f − 2 nearest. The last steps leave as few as 2 f + 1, of which that is f − 1: for f = 1 none, and Krum would
    /// choose blindly. At least one neighbor is taken here.
    /// </remarks>
    public int[] OneByOne(int count)
    {
        var isLeft = Enumerable.Repeat(true, _vectors.Count).ToArray();
        var chosen = new int[count];
        for (var i = 0; i < count; i++)
        {
            var neighbors = Math.Max(1, _vectors.Count - i - _byzantine - 2);
            chosen[i] = Enumerable.Range(0, _vectors.Count).Where(vector => isLeft[vector]).MinBy(vector => Score(vector, isLeft, neighbors));
            isLeft[chosen[i]] = false;
        }

        return [.. chosen.Order()];
    }

    private (double, double) Score(int vector, bool[] isAmong, int neighbors)
    {
        double[] nearest = [.. _nearest[vector].Where(other => isAmong[other]).Take(neighbors + 1).Select(other => _vectors.Squared(vector, other))];
        return (nearest.Take(neighbors).Sum(), nearest.Sum());
    }
}
