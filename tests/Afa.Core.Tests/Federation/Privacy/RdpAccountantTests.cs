using Afa.Federation.Privacy;
using CsCheck;
using Xunit;

namespace Afa.Tests.Federation.Privacy;

public sealed class RdpAccountantTests
{
    /// <summary>ε by the conversion that is used here.</summary>
    /// <remarks>
    /// 1, 2: tests of TensorFlow Privacy 0.9 (compute_dp_sgd_privacy_test.py: n = 60000, batch 150, 15 epochs; n = 100000, batch 100, 30 epochs).
    /// 3: tests of Opacus 1 (accountants_test.py: sampling rate 0.04, 90 epochs). 4: tests of dp-accounting (test_compute_epsilon_delta_gaussian),
    /// exact by the analytic Gaussian mechanism, with orders in steps of 0.001; those used here come within 1e-6.
    /// </remarks>
    [Theory]
    [InlineData(150.0 / 60_000, 1.3, 6000, 1e-5, 0.7242234026109595, 19, 1e-7)]
    [InlineData(100.0 / 100_000, 1.0, 30_000, 1e-7, 1.4154988495444845, 13, 1e-7)]
    [InlineData(0.04, 1.5, 2250, 1e-5, 7.32911117143, 3.9, 1e-7)]
    [InlineData(1, 4.530877117, 1, 1e-6, 1, 22, 1e-6)]
    public void Epsilon_IsThePublishedValue(double samplingRate, double noiseMultiplier, int rounds, double delta, double epsilon, double order, double tolerance)
    {
        var found = RdpAccountant.Epsilon(samplingRate, noiseMultiplier, rounds, delta);

        Assert.Equal(epsilon, found.Epsilon, tolerance);
        Assert.Equal(order, found.Order);
    }

    /// <summary>Older tables took the conversion of Mironov 2017, D + log(1/δ)/(α − 1), which gives more for the same divergences.</summary>
    /// <remarks>
    /// 1 to 3: tutorials/README.md of TensorFlow Privacy, MNIST with batches of 256. 4: the moments accountant of Abadi et al. 2016
    /// (arXiv:1607.00133), section 3.2; 1.258575 in the tests of TensorFlow Privacy's rdp_accountant.
    /// </remarks>
    [Theory]
    [InlineData(256.0 / 60_000, 1.3, 15 * 60_000 / 256, 1.19, 0.005)]
    [InlineData(256.0 / 60_000, 1.1, 60 * 60_000 / 256, 3.01, 0.005)]
    [InlineData(256.0 / 60_000, 0.7, 45 * 60_000 / 256, 7.10, 0.005)]
    [InlineData(0.01, 4, 10_000, 1.258575, 1e-5)]
    public void Divergence_ByTheConversionOfMironov_IsThePublishedValue(double samplingRate, double noiseMultiplier, int rounds, double epsilon, double tolerance)
    {
        var byMironov = RdpAccountant.Orders.Min(order => rounds * SampledGaussian.Divergence(samplingRate, noiseMultiplier, order) + Math.Log(1e5) / (order - 1));

        Assert.Equal(epsilon, byMironov, tolerance);
        Assert.True(RdpAccountant.Epsilon(samplingRate, noiseMultiplier, rounds, 1e-5).Epsilon < byMironov);
    }

    /// <summary>q = 1 by hand: D = T α / 2z², and the best of all orders, whole or not, is not far below the best of the list.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 10)]
    [InlineData(20, 100)]
    public void Epsilon_WithoutSampling_IsTheLeastOverAllOrders(double noiseMultiplier, int rounds)
    {
        const double Delta = 1e-5;
        var least = Enumerable.Range(1, 100_000).Select(i => 1 + i / 1000.0).Min(order =>
            rounds * order / (2 * noiseMultiplier * noiseMultiplier) + Math.Log(1 - 1 / order) - Math.Log(Delta * order) / (order - 1));

        Assert.InRange(RdpAccountant.Epsilon(1, noiseMultiplier, rounds, Delta).Epsilon, least, least * 1.001);
    }

    [Fact]
    public void Epsilon_MoreRoundsLessNoiseMoreSamplingOrSmallerDelta_IsNoLess()
    {
        var cases =
            from samplingRate in Gen.Double[0.001, 0.9]
            from noiseMultiplier in Gen.Double[0.3, 20]
            from rounds in Gen.Int[1, 5000]
            from delta in Gen.Double[1e-9, 0.1]
            from factor in Gen.Double[1, 3]
            select (samplingRate, noiseMultiplier, rounds, delta, factor);
        cases.Sample(
            c =>
            {
                var epsilon = RdpAccountant.Epsilon(c.samplingRate, c.noiseMultiplier, c.rounds, c.delta).Epsilon;
                var least = epsilon * (1 - 1e-9) - 1e-9;

                Assert.True(RdpAccountant.Epsilon(c.samplingRate, c.noiseMultiplier, (int)(c.rounds * c.factor), c.delta).Epsilon >= least);
                Assert.True(RdpAccountant.Epsilon(c.samplingRate, c.noiseMultiplier / c.factor, c.rounds, c.delta).Epsilon >= least);
                Assert.True(RdpAccountant.Epsilon(Math.Min(1, c.samplingRate * c.factor), c.noiseMultiplier, c.rounds, c.delta).Epsilon >= least);
                Assert.True(RdpAccountant.Epsilon(c.samplingRate, c.noiseMultiplier, c.rounds, c.delta / c.factor).Epsilon >= least);
            },
            iter: 20, threads: 1);
    }

    [Fact]
    public void Epsilon_WithoutRounds_IsZero() => Assert.Equal(0, RdpAccountant.Epsilon(0.1, 1, 0, 1e-5).Epsilon);

    [Theory]
    [InlineData(0, 1, 1, 1e-5)]
    [InlineData(1.01, 1, 1, 1e-5)]
    [InlineData(double.NaN, 1, 1, 1e-5)]
    [InlineData(0.1, 0, 1, 1e-5)]
    [InlineData(0.1, double.NaN, 1, 1e-5)]
    [InlineData(0.1, 1, -1, 1e-5)]
    [InlineData(0.1, 1, 1, 0)]
    [InlineData(0.1, 1, 1, 1)]
    public void Epsilon_OutOfRange_IsRefused(double samplingRate, double noiseMultiplier, int rounds, double delta) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RdpAccountant.Epsilon(samplingRate, noiseMultiplier, rounds, delta));

    [Fact]
    public void Spent_NamesWhatItIsOf()
    {
        var spent = RdpAccountant.Spent(0.2, 1.5, 30, 1e-4);

        Assert.Equal(new(RdpAccountant.Epsilon(0.2, 1.5, 30, 1e-4).Epsilon, 1e-4, 1.5, 0.2, 30), spent);
    }
}
