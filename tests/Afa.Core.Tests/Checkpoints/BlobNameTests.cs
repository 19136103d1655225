using Afa.Checkpoints;
using Xunit;

namespace Afa.Tests.Checkpoints;

public sealed class BlobNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("runs/first/checkpoints/step-00000120")]
    [InlineData("A_b-c.9/x..y")]
    public void Validate_AllowedName_Passes(string name) => BlobName.Validate(name);

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/etc/passwd")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../a")]
    [InlineData("a/../b")]
    [InlineData("a/./b")]
    [InlineData(".temp/x")]
    [InlineData("a/.lock")]
    [InlineData("a.")]
    [InlineData("a\\b")]
    [InlineData("C:/a")]
    [InlineData("a b")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("ä")]
    [InlineData("~/a")]
    public void Validate_OtherName_IsRefusedWithTheRule(string name)
    {
        var error = Assert.Throws<ArgumentException>(() => BlobName.Validate(name));

        Assert.Contains("separated by '/'", error.Message);
        Assert.False(BlobName.IsValid(name));
    }

    [Fact]
    public void Validate_LongName_IsRefusedAndShortenedInTheMessage()
    {
        Assert.True(BlobName.IsValid(new string('a', BlobName.MaxSegmentLength)));
        Assert.False(BlobName.IsValid(new string('a', BlobName.MaxSegmentLength + 1)));

        var error = Assert.Throws<ArgumentException>(() => BlobName.Validate(string.Concat(Enumerable.Repeat("a/", 100_000)) + "a"));
        Assert.InRange(error.Message.Length, 1, 500);
    }

    [Theory]
    [InlineData("")]
    [InlineData("runs/")]
    [InlineData("runs/fir")]
    [InlineData("runs/v1.")]
    public void ValidatePrefix_StartOfAName_Passes(string prefix) => BlobName.ValidatePrefix(prefix);

    [Theory]
    [InlineData("/")]
    [InlineData("../")]
    [InlineData("a/..")]
    [InlineData("a//")]
    [InlineData("a/.")]
    public void ValidatePrefix_StartOfNoName_IsRefused(string prefix) =>
        Assert.Throws<ArgumentException>(() => BlobName.ValidatePrefix(prefix));
}
