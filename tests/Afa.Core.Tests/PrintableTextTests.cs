using Xunit;

namespace Afa.Tests;

public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("größe.weight", "größe.weight")]
    [InlineData("a\e[2Jb\nc\u009bd", "a?[2Jb?c?d")]
    [InlineData("0123456789abcdefghijk", "0123456789abcdefghij…")]
    public void Of_AnyText_CannotSteerATerminal(string text, string expected) => Assert.Equal(expected, PrintableText.Of(text, maxLength: 20));
}
