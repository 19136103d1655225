using Afa.Federation.Privacy;
using CsCheck;
using Xunit;

namespace Afa.Tests.Federation.Privacy;

public sealed class FixedPointCodeTests
{
    [Fact]
    public void DecodeSum_OfWords_IsTheSumToTheStatedError()
    {
        var cases =
            from range in Gen.Double[0.001, 1000]
            from values in Gen.Float[-1, 1].Array[1, 60]
            from spare in Gen.Int[0, 3]
            select (range, values: values.Select(value => (float)(value * range)).ToArray(), spare);
        cases.Sample(
            c =>
            {
                var code = new FixedPointCode(c.range, c.values.Length + c.spare);
                var sum = c.values.Sum(value => Math.Clamp(value, -c.range, c.range));
                Assert.Equal(sum, code.DecodeSum(Words(code, c.values)), code.LargestError(c.values.Length));
            },
            iter: 500, threads: 1);
    }

    [Theory]
    [InlineData(4, 10)]
    [InlineData(4, 255)]
    [InlineData(0.3, 3)]
    [InlineData(1e6, 1)]
    [InlineData(1, 65_536)]
    public void DecodeSum_OfTheLargestValues_DoesNotWrap(double range, int clients)
    {
        var code = new FixedPointCode(range, clients);
        foreach (var value in new[] { (float)range, (float)-range, float.MaxValue, float.MinValue })
        {
            var expected = clients * Math.Clamp(value, -range, range);
            Assert.Equal(expected, code.DecodeSum(unchecked((uint)clients * code.Encode(value))), code.LargestError(clients));
        }
    }

    /// <summary>By hand: 2³¹ − 1 over 10 clients is 214748364, over a range of 4 is 53687091, of which 2²⁵ is the largest power of two below.</summary>
    [Fact]
    public void Encode_OfTenClients_IsWorkedByHand()
    {
        var code = new FixedPointCode(4, 10);

        Assert.Equal(1 << 25, code.Scale);
        Assert.Equal(0u, code.Encode(0));
        Assert.Equal(1u << 24, code.Encode(0.5f));
        Assert.Equal(uint.MaxValue, code.Encode(-1f / (1 << 25)));
        Assert.Equal(4u << 25, code.Encode(5));
        Assert.Equal(-0.5f, code.DecodeSum(code.Encode(-0.5f)));
        Assert.Equal(10 * 0.5 / (1 << 25), code.LargestError(10), 41 * Math.ScaleB(1, -24));
        Assert.Equal(0, code.LargestError(0));
    }

    /// <summary>By hand: (2³¹ − 1) / 2, less 1, over a range of 1 is below 2³⁰, so that a unit is 2⁻²⁹.</summary>
    [Theory]
    [InlineData(0.25f, 1.5, 3u << 26)]     // 0.375
    [InlineData(3f, 0.5, 1u << 28)]        // Clamped to 1, and half of it.
    [InlineData(3f, 1.5, 3u << 28)]        // Clamped to 1 too, whatever the weight.
    [InlineData(1.2f, 0.5, 1u << 28)]      // Clamped, though half of it would fit.
    [InlineData(0.8f, 1.5, 644_245_104u)]  // Not clamped, though 1.2 is above 1: 13421773 · 2⁻²⁴ · 1.5 · 2²⁹.
    [InlineData(-3f, 1.5, uint.MaxValue - (3u << 28) + 1)]
    public void Encode_Weighted_ClampsFirst(float value, double weight, uint expected) => Assert.Equal(expected, new FixedPointCode(1, 2).Encode(value, weight));

    [Fact]
    public void DecodeSum_OfClampedValues_HasTheRangeAsItsWeightedMean()
    {
        var code = new FixedPointCode(1, 2);
        var sum = unchecked(code.Encode(3, 0.5) + code.Encode(float.MaxValue, 1.5));

        Assert.Equal(1f, code.DecodeSum(sum) / 2);
    }

    /// <summary>Range × 2¹⁰ would be all of (2³¹ − 1) / 3, and three roundings up would wrap around.</summary>
    [Theory]
    [InlineData(715_827_882 / 1024.0, 3)]
    [InlineData(4, 3)]
    [InlineData(0.3, 3)]
    public void DecodeSum_OfUnevenWeights_IsTheSumToTheStatedErrorAndDoesNotWrap(double range, int clients)
    {
        var code = new FixedPointCode(range, clients);
        double[] weights = [2.5 - 1e-9, 0.25 + 1e-9, 0.25];
        foreach (var value in new[] { float.MaxValue, float.MinValue, (float)(range / 7) })
        {
            var sum = weights.Aggregate(0u, (sum, weight) => unchecked(sum + code.Encode(value, weight)));
            var expected = weights.Sum(weight => weight * Math.Clamp(value, -range, range));
            Assert.Equal(expected, code.DecodeSum(sum), code.LargestError(3, 3));
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Encode_NotFinite_IsRefused(float value) => Assert.Contains("must be finite", Assert.Throws<ArgumentException>(() => new FixedPointCode(1, 1).Encode(value)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(3.001)]
    [InlineData(double.NaN)]
    public void Encode_WeightOutOfRange_IsRefused(double weight) => Assert.Throws<ArgumentOutOfRangeException>(() => new FixedPointCode(1, 3).Encode(0.5f, weight));

    [Fact]
    public void CountClamped_CountsWhatLiesOutside()
    {
        Assert.Equal(3, FixedPointCode.CountClamped([4, -4, 4.0001f, -5, 0, float.MaxValue], 4));
        Assert.Equal(0, FixedPointCode.CountClamped([], 4));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 65_537)]
    public void Constructor_OutOfRange_IsRefused(double range, int clients) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new FixedPointCode(range, clients));

    private static uint Words(FixedPointCode code, IEnumerable<float> values) => values.Aggregate(0u, (sum, value) => unchecked(sum + code.Encode(value)));
}
