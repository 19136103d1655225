using Afa.Compute;
using Xunit;

namespace Afa.Tests.Compute;

public class SeededDrawsTests
{
    private const int Count = 200_000;

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2.5)]
    [InlineData(100)]
    public void LogGamma_ManyDraws_HasTheMomentsOfTheDistribution(double shape)
    {
        var draws = new SeededDraws(1);
        var values = new double[Count];
        for (var i = 0; i < Count; i++)
        {
            values[i] = Math.Exp(draws.LogGamma(shape));
        }

        // Mean α with deviation √(α / n); variance α with deviation √((2α² + 6α) / n). Five deviations.
        var mean = values.Average();
        Assert.Equal(shape, mean, 5 * Math.Sqrt(shape / Count));
        Assert.Equal(shape, values.Average(value => (value - mean) * (value - mean)), 5 * Math.Sqrt(((2 * shape * shape) + (6 * shape)) / Count));
    }

    [Fact]
    public void LogGamma_TinyShape_StaysFinite()
    {
        var draws = new SeededDraws(1);

        Assert.All(Enumerable.Range(0, 1000), _ => Assert.True(double.IsFinite(draws.LogGamma(0.001))));
    }

    [Fact]
    public void Normal_ManyDraws_HasTheMomentsOfTheDistribution()
    {
        var draws = new SeededDraws(2);
        var values = new double[Count];
        for (var i = 0; i < Count; i++)
        {
            values[i] = draws.Normal();
        }

        Assert.Equal(0, values.Average(), 5 / Math.Sqrt(Count));
        Assert.Equal(1, values.Average(value => value * value), 5 * Math.Sqrt(2.0 / Count));
        Assert.Equal(3, values.Average(value => Math.Pow(value, 4)), 5 * Math.Sqrt(96.0 / Count));
    }

    [Fact]
    public void Unit_ManyDraws_LiesInsideTheIntervalEvenly()
    {
        var draws = new SeededDraws(3);
        var counts = new int[10];
        for (var i = 0; i < Count; i++)
        {
            var value = draws.Unit();
            Assert.True(value is > 0 and < 1);
            counts[(int)(10 * value)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, (Count / 10) - 700, (Count / 10) + 700));   // Five deviations of 134.
    }
}
