using Afa.Federation.Privacy;
using Xunit;

namespace Afa.Tests.Federation.Privacy;

public sealed class SampledGaussianTests
{
    /// <summary>Half of them as in the tests of Google's dp-accounting, which integrate as well.</summary>
    [Theory]
    [InlineData(1e-6, 0.1, 256)]
    [InlineData(1e-5, 0.1, 256.1)]
    [InlineData(1e-3, 1, 2)]
    [InlineData(0.01, 10, 20)]
    [InlineData(0.1, 100, 20.5)]
    [InlineData(0.99, 0.1, 256)]
    [InlineData(0.999, 100, 256.1)]
    [InlineData(0.5, 1, 1.1)]
    [InlineData(0.5, 1, 3.7)]
    [InlineData(0.2, 0.5, 10.9)]
    [InlineData(0.9, 2, 5.5)]
    [InlineData(0.3, 1, 8)]
    [InlineData(0.05, 0.8, 1.3)]
    public void Divergence_IsItsIntegral(double samplingRate, double noiseMultiplier, double order)
    {
        var integral = IntegratedDivergence(samplingRate, noiseMultiplier, order);

        Assert.Equal(integral, SampledGaussian.Divergence(samplingRate, noiseMultiplier, order), 1e-7 * integral + 1e-12);
    }

    [Theory]
    [InlineData(2, 1.5, 0.1875)]
    [InlineData(1, 20, 10)]
    [InlineData(10, 20, 0.1)]
    public void Divergence_WithoutSampling_IsOrderOverTwiceTheVariance(double noiseMultiplier, double order, double expected) =>
        Assert.Equal(expected, SampledGaussian.Divergence(1, noiseMultiplier, order), 1e-15);

    /// <summary>α = 2 by hand: A = 1 + q² (exp(1/z²) − 1).</summary>
    [Theory]
    [InlineData(0.1, 1)]
    [InlineData(0.5, 3)]
    [InlineData(1e-4, 0.7)]
    public void Divergence_OfOrderTwo_HasItsClosedForm(double samplingRate, double noiseMultiplier)
    {
        var expected = Math.Log(1 + samplingRate * samplingRate * (Math.Exp(1 / (noiseMultiplier * noiseMultiplier)) - 1));

        Assert.Equal(expected, SampledGaussian.Divergence(samplingRate, noiseMultiplier, 2), 1e-15 + 1e-12 * expected);
    }

    /// <summary>Values of the tests of Google's dp-accounting (test_compute_rdp_poisson_sampled_gaussian): 50 rounds, q = 0.01, z = 2.5, to 1e-4.</summary>
    [Theory]
    [InlineData(2.5, 1.08548710e-3)]
    [InlineData(5, 2.18075656e-3)]
    [InlineData(50, 2.38460375e-2)]
    [InlineData(100, 1.67416308e2)]
    public void Divergence_IsThatOfDpAccounting(double order, double expected) =>
        Assert.Equal(expected, 50 * SampledGaussian.Divergence(0.01, 2.5, order), 1e-4 * expected);

    [Fact]
    public void Divergence_OfHugeExponents_IsNeverNegativeOrNotANumber()
    {
        foreach (var samplingRate in new[] { 1e-9, 0.5, 1 - 1e-9 })
        {
            foreach (var noiseMultiplier in new[] { 0.01, 0.1, 10, 1000 })
            {
                Assert.All(RdpAccountant.Orders, order => Assert.True(SampledGaussian.Divergence(samplingRate, noiseMultiplier, order) >= 0));
            }
        }
    }

    /// <summary>
    /// log ∫ N(x; 0, z²) ((1 − q) + q exp((2x − 1)/2z²))^α dx / (α − 1) by the trapezoid rule. It converges exponentially here, as the
    /// integrand is analytic in a strip and falls like a normal density.
    /// </summary>
    private static double IntegratedDivergence(double q, double z, double order)
    {
        var step = Math.Min(z / 8, z * z / 4);
        var points = (int)((28 * z + order) / step);
        var logs = Enumerable.Range(0, points + 1).Select(i => -14 * z + i * step).Select(x =>
        {
            var (none, one) = (Math.Log(1 - q), Math.Log(q) + (2 * x - 1) / (2 * z * z));
            var logMixture = Math.Max(none, one) + Math.Log(1 + Math.Exp(-Math.Abs(none - one)));
            return -x * x / (2 * z * z) + order * logMixture;
        }).ToArray();
        var largest = logs.Max();
        var logIntegral = largest + Math.Log(logs.Sum(log => Math.Exp(log - largest)) * step / (z * Math.Sqrt(2 * Math.PI)));
        return logIntegral / (order - 1);
    }
}
