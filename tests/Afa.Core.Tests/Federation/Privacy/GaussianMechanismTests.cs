using Afa.Federation.Privacy;
using Xunit;

namespace Afa.Tests.Federation.Privacy;

/// <summary>The draws cannot be repeated, so each bound is one that right noise breaks less than once in 10⁹ runs.</summary>
public sealed class GaussianMechanismTests
{
    private const int Count = 200_001;   // odd: the last draw of a pair is left over
    private const double Deviation = 2.5;
    private const float Start = 10;

    [Fact]
    public void AddNoise_HasItsMeanAndVariance()
    {
        var draws = Draws();

        // Seven standard errors, of the mean 1/√n and of the variance √(2/n).
        Assert.InRange(draws.Average(), -7 / Math.Sqrt(Count), 7 / Math.Sqrt(Count));
        Assert.InRange(draws.Average(draw => draw * draw), 1 - 7 * Math.Sqrt(2.0 / Count), 1 + 7 * Math.Sqrt(2.0 / Count));
    }

    /// <summary>Kolmogorov-Smirnov: P(√n D &gt; x) ≤ 2 exp(−2x²) (Dvoretzky, Kiefer, Wolfowitz; Massart 1990), 2e-10 for x = 3.4.</summary>
    [Fact]
    public void AddNoise_IsNormal()
    {
        var draws = Draws();
        Array.Sort(draws);
        var distance = draws.Index().Max(draw => Math.Max(Math.Abs(NormalDistribution(draw.Item) - (double)draw.Index / Count), Math.Abs(NormalDistribution(draw.Item) - (draw.Index + 1.0) / Count)));

        Assert.True(Math.Sqrt(Count) * distance < 3.4, $"The distance is {Math.Sqrt(Count) * distance}.");
    }

    [Fact]
    public void AddNoise_NeighborsAndRepetitions_AreNotCorrelated()
    {
        var draws = Draws();
        var others = Draws();

        Assert.InRange(draws.Zip(draws.Skip(1), (a, b) => a * b).Average(), -7 / Math.Sqrt(Count), 7 / Math.Sqrt(Count));
        Assert.InRange(draws.Zip(others, (a, b) => a * b).Average(), -7 / Math.Sqrt(Count), 7 / Math.Sqrt(Count));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void StandardDeviation_NotPositive_IsRefused(double standardDeviation) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new GaussianMechanism(standardDeviation));

    /// <summary>Noise on a constant, in standard units.</summary>
    private static double[] Draws()
    {
        var values = new float[Count];
        Array.Fill(values, Start);
        using var mechanism = new GaussianMechanism(Deviation);
        mechanism.AddNoise(values);
        return [.. values.Select(value => (value - Start) / Deviation)];
    }

    /// <summary>Φ to 1e-7: Abramowitz and Stegun, 26.2.17.</summary>
    private static double NormalDistribution(double x)
    {
        var t = 1 / (1 + 0.2316419 * Math.Abs(x));
        var polynomial = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
        var upper = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI) * polynomial;
        return x < 0 ? upper : 1 - upper;
    }
}
