namespace Afa.Federation.Aggregation;

/// <summary>Means of vectors whose influence is bounded by a norm.</summary>
/// <remarks>A vector that is not finite has no direction and counts as the center. All vectors count alike: a larger weight would be a larger influence.</remarks>
internal static class Clipping
{
    /// <summary>Norm clipping: Sun et al. 2019 (arXiv:1911.07963). The mean of xᵢ min(1, τ / ‖xᵢ‖).</summary>
    /// <param name="norm">τ; null takes the median of the norms.</param>
    /// <returns>Coefficients of the vectors.</returns>
    public static double[] ByNorm(VectorDistances vectors, double? norm) => Centered(vectors, norm, iterations: 1);

    /// <summary>Centered clipping: Karimireddy et al. 2021 (arXiv:2012.10333), algorithm 2. v ← v + 1/n Σ (xᵢ − v) min(1, τ / ‖xᵢ − v‖).</summary>
    /// <param name="norm">τ; null takes the median of the norms, once.</param>
    /// <param name="iterations">At least 1.</param>
    /// <returns>Coefficients of the vectors; what they lack to 1 lies on the origin.</returns>
    /// <remarks>
    /// The authors clip momenta around the last aggregate. Updates are differences to the last model, and a participant may sit out rounds, so v starts at 0: the
    /// center is the last model, and nothing is kept from round to round. The first iteration is norm clipping.
    /// </remarks>
    public static double[] Centered(VectorDistances vectors, double? norm, int iterations)
    {
        var radius = norm ?? MedianNorm(vectors);
        var coefficients = new double[vectors.Count];
        for (var iteration = 0; iteration < iterations; iteration++)
        {
            var factors = Array.ConvertAll(vectors.To(coefficients), distance => distance <= radius ? 1 : radius / distance);   // τ / ∞ = 0.
            var kept = 1 - factors.Average();   // Of v.
            for (var i = 0; i < coefficients.Length; i++)
            {
                coefficients[i] = (coefficients[i] * kept) + (factors[i] / vectors.Count);
            }
        }

        return coefficients;
    }

    private static double MedianNorm(VectorDistances vectors)
    {
        double[] norms = [.. Enumerable.Range(0, vectors.Count).Select(vectors.Norm).Order()];
        return (norms[(norms.Length - 1) / 2] + norms[norms.Length / 2]) / 2;
    }
}
