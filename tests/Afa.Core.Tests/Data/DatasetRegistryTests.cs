using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public class DatasetRegistryTests
{
    [Fact]
    public void Get_UnknownName_ListsKnownNames()
    {
        var exception = Assert.Throws<ArgumentException>(() => DatasetRegistry.Get("imagenet"));

        Assert.StartsWith("Data set 'imagenet' is not known; the known data sets are fashion-mnist, mnist, cifar-10, cifar-100, tiny-imagenet. A folder is named by its path, such as ./imagenet.", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fashion-mnist", 10, 784, 0.1)]
    [InlineData("mnist", 10, 784, 0.3)]
    [InlineData("cifar-10", 10, 3072, 8.0 / 255)]
    [InlineData("cifar-100", 100, 3072, 8.0 / 255)]
    [InlineData("tiny-imagenet", 200, 12_288, 8.0 / 255)]
    public void Get_KnownName_DescribesDataset(string name, int classes, int imageSize, double epsilon)
    {
        var description = DatasetRegistry.Get(name);

        Assert.Equal(classes, description.ClassNames.Distinct().Count());
        Assert.Equal(imageSize, description.ImageSize);
        Assert.Equal(epsilon, description.RecommendedEpsilon);
        Assert.Equal(name.StartsWith("cifar", StringComparison.Ordinal) ? 3 : 0, description.ChannelMean.Count);
        Assert.Equal(description.ChannelMean.Count, description.ChannelStd.Count);
        Assert.All(description.Downloads, download => Assert.Equal(Uri.UriSchemeHttps, download.Url.Scheme));
        Assert.All(description.Downloads.Select(download => download.Md5).Concat(description.Files.SelectMany(file => file.KnownMd5)),
            md5 => Assert.Matches("^[0-9a-f]{32}$", md5));
    }

    [Fact]
    public void ClassNames_Cifar100_AreInOrder() =>
        Assert.Equal(DatasetRegistry.Get("cifar-100").ClassNames.Order(StringComparer.Ordinal), DatasetRegistry.Get("cifar-100").ClassNames);
}
