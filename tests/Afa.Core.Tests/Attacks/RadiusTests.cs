using Afa.Attacks;
using Xunit;

namespace Afa.Tests.Attacks;

public class RadiusTests
{
    [Theory]
    [InlineData("8/255", 8.0 / 255)]
    [InlineData("0.1", 0.1)]
    [InlineData(" 1 / 4 ", 0.25)]
    [InlineData(".5", 0.5)]
    [InlineData("128/255", 128.0 / 255)]
    [InlineData("2", 2)]
    public void TryParse_DecimalOrFraction_GivesTheValue(string text, double expected)
    {
        Assert.True(Radius.TryParse(text, out var value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("/")]
    [InlineData("8/")]
    [InlineData("/255")]
    [InlineData("1/2/3")]
    [InlineData("eight")]
    [InlineData("8\\255")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("∞")]
    [InlineData("1/0")]
    [InlineData("0/0")]
    [InlineData("0")]
    [InlineData("0/255")]
    [InlineData("-8/255")]
    [InlineData("-0.1")]
    [InlineData("8/-255")]
    [InlineData("-8/-255")]
    [InlineData("1e3")]
    [InlineData("0,1")]
    [InlineData("0x1")]
    [InlineData("8/255 px")]
    public void TryParse_Nonsense_IsRefused(string text) => Assert.False(Radius.TryParse(text, out _));

    [Fact]
    public void TryParse_MoreDigitsThanADoubleHolds_IsRefused()
    {
        Assert.False(Radius.TryParse(new string('9', 400), out _));
        Assert.False(Radius.TryParse("1/" + new string('9', 400), out _));
        Assert.False(Radius.TryParse("0." + new string('0', 400) + "1", out _));
    }
}
