using System.Globalization;
using Afa.Sweeps;
using CsCheck;
using Xunit;

namespace Afa.Tests.Sweeps;

public sealed class RandomOptionTests
{
    private const double AlmostOne = 1 - 1.0 / (1UL << 53);

    [Theory]
    [InlineData(0, "0.01")]
    [InlineData(0.5, "0.1")]   // The geometric mean of 0.01 and 1.
    [InlineData(0.25, "0.03162")]   // 10^-1.5 with four digits.
    [InlineData(AlmostOne, "1")]
    public void At_LogRange_IsTheQuantileOfTheLogarithm(double quantile, string expected) =>
        Assert.Equal(expected, new RandomRange("x", 0.01, 1, SweepScale.Log, IsWhole: false).At(quantile));

    [Theory]
    [InlineData(0, "-2")]
    [InlineData(0.25, "-0.5")]
    [InlineData(0.75, "2.5")]
    public void At_LinearRange_IsTheQuantile(double quantile, string expected) =>
        Assert.Equal(expected, new RandomRange("x", -2, 4, SweepScale.Linear, IsWhole: false).At(quantile));

    [Theory]
    [InlineData(0, "1")]
    [InlineData(0.2499, "1")]
    [InlineData(0.25, "2")]
    [InlineData(0.9999, "4")]
    public void At_WholeRange_HasEachNumberAsOften(double quantile, string expected) =>
        Assert.Equal(expected, new RandomRange("x", 1, 4, SweepScale.Linear, IsWhole: true).At(quantile));

    [Theory]
    [InlineData(0.49, "1")]   // 1 stands for [1, 2), half of the way to 4 in logarithms.
    [InlineData(0.51, "2")]
    [InlineData(0.999, "3")]
    public void At_WholeLogRange_GivesSmallNumbersMoreOften(double quantile, string expected) =>
        Assert.Equal(expected, new RandomRange("x", 1, 3, SweepScale.Log, IsWhole: true).At(quantile));

    [Theory]
    [InlineData(0, "a")]
    [InlineData(0.34, "b")]
    [InlineData(AlmostOne, "c")]
    public void At_Choice_IsOneOfTheValues(double quantile, string expected) => Assert.Equal(expected, new RandomChoice("x", ["a", "b", "c"]).At(quantile));

    [Fact]
    public void At_AnyRange_StaysInsideAndGrows()
    {
        Gen.Select(Gen.Double[-1e6, 1e6], Gen.Double[1e-6, 1e6], Gen.Double[0, 0.5], Gen.Double[0.5, AlmostOne], Gen.Bool, Gen.Bool).Sample((low, width, first, second, isLog, isWhole) =>
        {
            low = isLog ? Math.Abs(low) + 1e-6 : low;
            var range = new RandomRange("x", isWhole ? Math.Ceiling(low) : low, isWhole ? Math.Ceiling(low) + Math.Ceiling(width) : low + width, isLog ? SweepScale.Log : SweepScale.Linear, isWhole);
            Assert.Null(range.Problem());
            var (before, after) = (double.Parse(range.At(first), CultureInfo.InvariantCulture), double.Parse(range.At(second), CultureInfo.InvariantCulture));
            Assert.InRange(before, range.Low, after);
            Assert.InRange(after, before, range.High);
        });
    }

    [Theory]
    [InlineData(1, 1, SweepScale.Linear, false, "needs min below max, not 1 and 1")]
    [InlineData(2, 1, SweepScale.Linear, false, "needs min below max, not 2 and 1")]
    [InlineData(double.NaN, 1, SweepScale.Linear, false, "needs min below max, not NaN and 1")]
    [InlineData(0, double.PositiveInfinity, SweepScale.Linear, false, "needs min below max, not 0 and Infinity")]
    [InlineData(-1, 1, SweepScale.Log, false, "needs min above 0 on a log scale, not -1")]
    [InlineData(1, 2.5, SweepScale.Linear, true, "takes whole numbers, so min and max must be such, not 1 and 2.5")]
    [InlineData(1, 1e17, SweepScale.Linear, true, "takes whole numbers, so min and max must be such, not 1 and 1E+17")]
    public void Problem_OfAWrongRange_SaysWhatIsNeeded(double low, double high, SweepScale scale, bool isWhole, string expected) =>
        Assert.Equal(expected, new RandomRange("x", low, high, scale, isWhole).Problem());
}
