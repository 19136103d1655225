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
        foreach (var value in new[] { (float)range, (float)-range, float.PositiveInfinity, float.NegativeInfinity })
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

    [Fact]
    public void Encode_NotANumber_IsRefused() => Assert.Throws<ArgumentException>(() => new FixedPointCode(1, 1).Encode(float.NaN));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 65_537)]
    public void Constructor_OutOfRange_IsRefused(double range, int clients) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new FixedPointCode(range, clients));

    private static uint Words(FixedPointCode code, IEnumerable<float> values) => values.Aggregate(0u, (sum, value) => unchecked(sum + code.Encode(value)));
}
