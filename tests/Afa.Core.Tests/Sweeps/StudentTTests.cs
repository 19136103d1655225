using Afa.Sweeps;
using Xunit;

namespace Afa.Tests.Sweeps;

public sealed class StudentTTests
{
    /// <summary>Two-sided 5 % points as printed in tables (NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2).</summary>
    [Theory]
    [InlineData(1, 12.706)]
    [InlineData(2, 4.303)]
    [InlineData(3, 3.182)]
    [InlineData(4, 2.776)]
    [InlineData(9, 2.262)]
    [InlineData(10, 2.228)]
    [InlineData(30, 2.042)]
    [InlineData(100, 1.984)]
    public void Central95_MatchesTheTable(int degrees, double expected) => Assert.Equal(expected, StudentT.Central95(degrees), tolerance: 5e-4);   // Tables have three digits.

    [Fact]
    public void CentralProbability_OfOneAndTwoDegrees_MatchesTheClosedForms()
    {
        // Cauchy: 2/π atan(t). Two degrees: t / √(2 + t²).
        Assert.Equal(0.5, StudentT.CentralProbability(1, 1), tolerance: 1e-14);
        Assert.Equal(1 / Math.Sqrt(3), StudentT.CentralProbability(1, 2), tolerance: 1e-14);
        Assert.Equal(0, StudentT.CentralProbability(0, 7));
    }

    [Fact]
    public void Central95_WithManyDegrees_IsAlmostThatOfTheNormalDistribution() => Assert.Equal(1.959964, StudentT.Central95(999), tolerance: 3e-3);

    [Fact]
    public void CentralProbability_WithoutDegrees_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => StudentT.CentralProbability(1, 0));
}
