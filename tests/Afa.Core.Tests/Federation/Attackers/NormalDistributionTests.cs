using Afa.Federation.Attackers;
using Xunit;

namespace Afa.Tests.Federation.Attackers;

public class NormalDistributionTests
{
    /// <summary>Percentage points of the normal distribution; the first three are those with which Wichura 1988 tests the routine.</summary>
    [Theory]
    [InlineData(0.25, -0.6744897501960817)]
    [InlineData(0.001, -3.090232306167814)]
    [InlineData(1e-20, -9.262340089798408)]
    [InlineData(0.5, 0)]
    [InlineData(0.6, 0.2533471031357998)]
    [InlineData(0.9, 1.2815515655446008)]
    [InlineData(0.975, 1.959963984540054)]
    [InlineData(1e-10, -6.361340902404056)]
    public void Quantile_MatchesPublishedValues(double probability, double expected) => Assert.Equal(expected, NormalDistribution.Quantile(probability), tolerance: 1e-14);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void Quantile_NoProbability_IsRefused(double probability) => Assert.Throws<ArgumentOutOfRangeException>(() => NormalDistribution.Quantile(probability));
}
