using Afa.Federation.Privacy;
using Xunit;

namespace Afa.Tests.Federation.Privacy;

public sealed class ScaledComplementaryErrorTests
{
    // erfc, by the C library.
    [Theory]
    [InlineData(-3, 1.9999779095030015)]
    [InlineData(-1, 1.842700792949715)]
    [InlineData(-0.1, 1.1124629160182848)]
    [InlineData(0, 1)]
    [InlineData(0.5, 0.4795001221869535)]
    [InlineData(1, 0.15729920705028513)]
    [InlineData(1.9999, 0.004679802092970608)]
    [InlineData(2, 0.004677734981047265)]
    [InlineData(3, 2.2090496998585438e-05)]
    [InlineData(5, 1.5374597944280351e-12)]
    [InlineData(10, 2.088487583762545e-45)]
    [InlineData(25, 8.300172571196522e-274)]
    public void Log_IsThatOfErfcScaled(double x, double erfc) =>
        Assert.Equal(x * x + Math.Log(erfc), ScaledComplementaryError.Log(x), 1e-12);

    [Theory]
    [InlineData(1e3)]
    [InlineData(1e6)]
    public void Log_FarOut_IsTheAsymptote(double x) =>
        Assert.Equal(-Math.Log(x * Math.Sqrt(Math.PI)), ScaledComplementaryError.Log(x), 1 / (x * x));

    [Fact]
    public void Log_FarBelow_IsThatOfTwiceTheExponential() => Assert.Equal(1e6 + Math.Log(2), ScaledComplementaryError.Log(-1e3), 1e-9);
}
