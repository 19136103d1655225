namespace Afa.Federation.Privacy;

/// <summary>The Rényi divergence of one round of the sampled Gaussian mechanism: Mironov, Talwar and Zhang 2019 (arXiv:1908.10530), section 3.</summary>
internal static class SampledGaussian
{
    private const int MostTerms = 1000;

    /// <summary>D_α of one round, log A_α / (α − 1) with A_α = E_{x ~ N(0, z²)} [((1 − q) + q exp((2x − 1) / 2z²))^α].</summary>
    /// <param name="samplingRate">q, in (0, 1].</param>
    /// <param name="noiseMultiplier">z, greater than 0: standard deviation of the noise over the largest norm of an update.</param>
    /// <param name="order">α, greater than 1; a whole number takes section 3.2, any other section 3.3.</param>
    /// <returns>In nats, never below the exact value but for rounding; +∞ where it leaves the range of float64.</returns>
    /// <remarks>
    /// Whole orders: the sum of section 3.2 less Σ C(α,k) (1−q)^(α−k) q^k = 1, so that a small divergence is not the difference of two large
    /// numbers. Other orders: both series of section 3.3 have the factor (1−q)^α exp(−z₀²/2z²) in each term, which leaves a scaled
    /// complementary error function; the terms fall and alternate beyond k = α, so that the first one left out bounds the rest. It is added.
    /// </remarks>
    public static double Divergence(double samplingRate, double noiseMultiplier, double order)
    {
        if (samplingRate == 1)
        {
            return order / (2 * noiseMultiplier * noiseMultiplier);
        }

        var logMoment = double.IsInteger(order) ? WholeOrder(samplingRate, noiseMultiplier, order) : FractionalOrder(samplingRate, noiseMultiplier, order);
        var divergence = logMoment / (order - 1);
        return double.IsNaN(divergence) ? double.PositiveInfinity : Math.Max(0, divergence);
    }

    /// <summary>log A_α = log(1 + Σ_{k≥2} C(α,k) (1−q)^(α−k) q^k (exp(k(k−1)/2z²) − 1)).</summary>
    private static double WholeOrder(double q, double z, double order)
    {
        var logs = new double[(int)order - 1];
        var logCoefficient = Math.Log(order);   // C(α, 1)
        for (var k = 2; k <= order; k++)
        {
            logCoefficient += Math.Log((order - k + 1) / k);
            var exponent = k * (k - 1.0) / (2 * z * z);
            var logExpMinus1 = exponent + Math.Log(-Expm1(-exponent));
            logs[k - 2] = logCoefficient + (order - k) * Log1p(-q) + k * Math.Log(q) + logExpMinus1;
        }

        var largest = logs.Max();
        var logSum = largest + Math.Log(logs.Sum(log => Math.Exp(log - largest)));
        return logSum > 30 ? logSum : Log1p(Math.Exp(logSum));
    }

    /// <summary>A_α = ½ (1−q)^α exp(−z₀²/2z²) Σ_k C(α,k) [erfcx((k − z₀)/√2z) + erfcx((z₀ − α + k)/√2z)], with z₀ = ½ + z² log(1/q − 1).</summary>
    private static double FractionalOrder(double q, double z, double order)
    {
        var boundary = 0.5 + z * z * Math.Log(1 / q - 1);   // z₀: where both parts of the mixture weigh the same
        var width = Math.Sqrt(2) * z;

        var logCoefficient = 0.0;
        var sign = 1;
        var largest = double.NegativeInfinity;
        var sum = 0.0;              // times exp(largest)
        for (var k = 0; ; k++)
        {
            var below = ScaledComplementaryError.Log((k - boundary) / width);
            var above = ScaledComplementaryError.Log((boundary - order + k) / width);
            var log = logCoefficient + Math.Max(below, above) + Log1p(Math.Exp(-Math.Abs(below - above)));
            if (log > largest)
            {
                sum *= Math.Exp(largest - log);
                largest = log;
            }

            var term = Math.Exp(log - largest);
            if (k > order && (k == MostTerms || term <= sum * 1e-17))
            {
                sum += term;
                break;
            }

            sum += sign * term;
            var ratio = (order - k) / (k + 1);
            logCoefficient += Math.Log(Math.Abs(ratio));
            sign *= Math.Sign(ratio);
        }

        return Math.Log(0.5) + order * Log1p(-q) - boundary * boundary / (2 * z * z) + largest + Math.Log(sum);
    }

    // .NET has neither. Kahan's forms: the error of the rounded 1 + x cancels.
    private static double Log1p(double x)
    {
        var u = 1 + x;
        return u == 1 ? x : Math.Log(u) * x / (u - 1);
    }

    private static double Expm1(double x)
    {
        var u = Math.Exp(x);
        return u == 1 ? x : u < 1e-16 ? u - 1 : (u - 1) * x / Math.Log(u);
    }
}
