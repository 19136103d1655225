using Afa.Client.Options;
using Xunit;

namespace Afa.Client.Tests.Options;

public sealed class ClosestNameTests
{
    [Theory]
    [InlineData("trian", "train")]
    [InlineData("--epoch", "--epochs")]
    [InlineData("FASHION-mnist", "fashion-mnist")]
    [InlineData("something", null)]
    [InlineData("", null)]
    public void Find_Text_GivesWhatWasMeant(string text, string? expected) =>
        Assert.Equal(expected, ClosestName.Find(text, ["train", "--epochs", "fashion-mnist"]));

    [Fact]
    public void Require_UnknownName_ListsTheKnownOnes()
    {
        var exception = Assert.Throws<UsageException>(() => ClosestName.Require("model", "smal-cnn", ["small-cnn", "resnet-18"]));

        Assert.Equal("Unknown model 'smal-cnn'. Did you mean 'small-cnn'? Known: small-cnn, resnet-18.", exception.Message);
    }
}
