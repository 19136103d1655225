namespace Afa.Federation.Privacy;

/// <summary>
/// What rounds of clipped, noised sums cost in (ε, δ)-differential privacy, by Rényi differential privacy: the Poisson-sampled Gaussian mechanism of
/// Mironov, Talwar and Zhang 2019 (arXiv:1908.10530), with a participant's presence as what is protected.
/// </summary>
/// <remarks>
/// Holds if, in each round, (1) every participant takes part with probability q, independently of the others, and nobody learns who did;
/// (2) its addend to the sum has at most the clip norm, whatever its data, so updates are not weighted by the number of images after they are clipped;
/// (3) the sum gets noise of standard deviation z × the clip norm, which is not reduced if some drop out. A round that draws a fixed number of
/// participants is not (1); q = 1 is right however they are drawn.
/// </remarks>
public static class RdpAccountant
{
    // As in Google's dp-accounting. The best order is small where ε is large, and large where ε is small.
    internal static readonly double[] Orders =
        [.. Enumerable.Range(11, 99).Select(tenths => tenths / 10.0), .. Enumerable.Range(11, 53).Select(order => (double)order), 128, 256, 512, 1024];

    /// <summary>ε of all rounds together, the least over a fixed list of orders from 1.1 to 1024.</summary>
    /// <param name="samplingRate">q: the probability with which a participant takes part in a round, in (0, 1].</param>
    /// <param name="noiseMultiplier">z: standard deviation of the noise on the sum over the clip norm, greater than 0.</param>
    /// <param name="rounds">0 or more; the divergences of rounds add up (Mironov 2017, proposition 1).</param>
    /// <param name="delta">δ, in (0, 1).</param>
    /// <returns>ε, in nats, and the order α that it comes from (+∞ without rounds).</returns>
    /// <remarks>The conversion is that of <see cref="ToEpsilon"/>, as in Opacus and in dp-accounting (of which the bound by the KL divergence is left out).</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static (double Epsilon, double Order) Epsilon(double samplingRate, double noiseMultiplier, int rounds, double delta)
    {
        RequireInRange(samplingRate is > 0 and <= 1, samplingRate, nameof(samplingRate), "in (0, 1]");
        RequireInRange(noiseMultiplier is > 0 and < double.PositiveInfinity, noiseMultiplier, nameof(noiseMultiplier), "greater than 0");
        RequireInRange(delta is > 0 and < 1, delta, nameof(delta), "in (0, 1)");
        ArgumentOutOfRangeException.ThrowIfNegative(rounds);

        return rounds == 0
            ? (0, double.PositiveInfinity)
            : Orders
                .Select(order => (Epsilon: ToEpsilon(rounds * SampledGaussian.Divergence(samplingRate, noiseMultiplier, order), order, delta), Order: order))
                .MinBy(candidate => candidate.Epsilon);
    }

    /// <summary>As <see cref="Epsilon"/>, for a report.</summary>
    /// <inheritdoc cref="Epsilon" path="/param|/exception"/>
    public static PrivacySpent Spent(double samplingRate, double noiseMultiplier, int rounds, double delta) =>
        new(Epsilon(samplingRate, noiseMultiplier, rounds, delta).Epsilon, delta, noiseMultiplier, samplingRate, rounds);

    /// <summary>
    /// ε = D + log((α − 1)/α) − (log δ + log α)/(α − 1), at least 0: Balle et al. 2020 (arXiv:1905.09982), theorem 21; also Canonne, Kamath and Steinke
    /// 2020 (arXiv:2004.00010), proposition 12. Tighter than D + log(1/δ)/(α − 1) of Mironov 2017 (arXiv:1702.07476), proposition 3, which the
    /// first tables of TensorFlow Privacy rest on.
    /// </summary>
    /// <param name="divergence">D: the Rényi divergence of order α, of all rounds.</param>
    internal static double ToEpsilon(double divergence, double order, double delta) =>
        Math.Max(0, divergence + Math.Log((order - 1) / order) - (Math.Log(delta) + Math.Log(order)) / (order - 1));

    private static void RequireInRange(bool isInRange, double value, string name, string range)
    {
        if (!isInRange)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {range}.");
        }
    }
}
