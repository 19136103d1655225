namespace Afa.Federation.Aggregation;

/// <summary>Robust federated aggregation, RFA: Pillutla et al. 2022 (arXiv:1912.13445), the smoothed Weiszfeld algorithm (algorithm 2).</summary>
internal static class GeometricMedian
{
    private const double Smoothing = 1e-6;   // ν, as in the authors' experiments.
    private const double Farthest = 1e9;     // In radii. Beyond, rounding of the distance to an outlier would hide the distances of the others.

    /// <summary>Weights of the vectors whose sum approaches the point with the smallest sum of distances to them.</summary>
    /// <param name="byzantine">f, less than n / 2.</param>
    /// <param name="iterations">At least 1.</param>
    /// <returns>One weight for each vector; they sum to 1. That of a vector which is not finite, or is 1e9 times as far as those the search starts from, is 0.</returns>
    /// <remarks>
    /// All vectors count alike: the number of images, by which the authors weight them, is a participant's own claim. The authors start at the mean, from which
    /// far outliers take many iterations to leave; the start here is the mean of the n − f vectors nearest to the one with the smallest sum of distances. With f = 0 that is the mean.
    /// </remarks>
    public static double[] Weights(VectorDistances vectors, int byzantine, int iterations)
    {
        int[] finite = [.. Enumerable.Range(0, vectors.Count).Where(vectors.IsFinite)];
        var medoid = finite.MinBy(i => finite.Sum(j => Math.Sqrt(vectors.Squared(i, j))));
        int[] nearest = [.. finite.OrderBy(j => vectors.Squared(medoid, j)).Take(vectors.Count - byzantine)];
        var radius = Math.Sqrt(vectors.Squared(medoid, nearest[^1]));
        int[] near = [.. finite.Where(j => Math.Sqrt(vectors.Squared(medoid, j)) <= Farthest * radius)];

        var weights = new double[vectors.Count];
        foreach (var start in nearest)
        {
            weights[start] = 1.0 / nearest.Length;
        }

        for (var iteration = 0; iteration < iterations; iteration++)
        {
            var distances = vectors.To(weights);
            Array.Clear(weights);
            foreach (var vector in near)
            {
                weights[vector] = 1 / Math.Max(Smoothing, distances[vector]);
            }

            var sum = weights.Sum();
            weights = Array.ConvertAll(weights, weight => weight / sum);
        }

        return weights;
    }
}
