using Afa.Federation.Privacy;
using CsCheck;
using Xunit;

namespace Afa.Tests.Federation.Privacy;

public sealed class UpdateClippingTests
{
    private static readonly Gen<(float[] Update, double Norm)> s_cases =
        Gen.Select(Gen.Float[-100, 100].Array[1, 50], Gen.Double[0.01, 500]);

    [Fact]
    public void Clip_AnyUpdate_HasAtMostTheNorm() =>
        s_cases.Sample(
            c =>
            {
                UpdateClipping.Clip(c.Update, c.Norm);
                Assert.True(Length(c.Update) <= c.Norm * (1 + 1e-12));
            },
            iter: 500, threads: 1);

    [Fact]
    public void Clip_AnyUpdate_KeepsItsDirection() =>
        s_cases.Sample(
            c =>
            {
                var clipped = c.Update.ToArray();
                var factor = UpdateClipping.Clip(clipped, c.Norm);

                Assert.Equal(Math.Min(1, c.Norm / Length(c.Update)), factor, 2e-7);
                for (var i = 0; i < clipped.Length; i++)
                {
                    Assert.Equal(c.Update[i] * factor, clipped[i], 1e-7 * Math.Abs(clipped[i]) + 1e-37);
                }
            },
            iter: 500, threads: 1);

    [Fact]
    public void Clip_ShortUpdate_IsNotTouched()
    {
        float[] update = [3, -4];

        Assert.Equal(1, UpdateClipping.Clip(update, 5));
        Assert.Equal([3, -4], update);
    }

    [Fact]
    public void Clip_LongUpdate_IsScaled()
    {
        float[] update = [3, -4];

        Assert.Equal(0.2, UpdateClipping.Clip(update, 1), 1e-7);
        Assert.Equal(0.6, update[0], 1e-6);
        Assert.Equal(-0.8, update[1], 1e-6);
    }

    /// <summary>Added to 2²⁴ one by one in float32, ones are lost.</summary>
    [Fact]
    public void Clip_SmallBesideLarge_SumsInFloat64()
    {
        float[] update = [4096, .. Enumerable.Repeat(1f, 100_000)];

        Assert.Equal(1 / Math.Sqrt(4096 * 4096 + 100_000), UpdateClipping.Clip(update, 1), 1e-10);
    }

    [Fact]
    public void Clip_LargestValues_DoesNotOverflow()
    {
        float[] update = [float.MaxValue, float.MaxValue];
        UpdateClipping.Clip(update, 1);

        Assert.Equal(1, Length(update), 1e-6);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Clip_NotFinite_IsRefused(float value) => Assert.Throws<ArgumentException>(() => UpdateClipping.Clip([1, value], 1));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Clip_NormNotPositive_IsRefused(double norm) => Assert.Throws<ArgumentOutOfRangeException>(() => UpdateClipping.Clip([1], norm));

    private static double Length(float[] update) => Math.Sqrt(update.Sum(value => (double)value * value));
}
