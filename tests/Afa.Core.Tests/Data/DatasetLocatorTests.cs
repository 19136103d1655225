using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public class DatasetLocatorTests
{
    private static readonly DatasetDescription Cifar10 = DatasetRegistry.Get("cifar-10");
    private static readonly DatasetDescription FashionMnist = DatasetRegistry.Get("fashion-mnist");

    [Theory]
    [InlineData("")]
    [InlineData("cifar-10-batches-bin")]
    [InlineData("cifar-10")]
    public void Locate_DataDirectory_SearchesItAndItsSubFolders(string subFolder)
    {
        using var folder = new DataFolder();
        var path = folder.Write(Path.Combine(subFolder, "test_batch.bin"), [0]);

        Assert.Equal([path], DatasetLocator.Locate(Cifar10, DataSplit.Test, folder.Path));
    }

    [Fact]
    public void Locate_UnpackedIdxFiles_AreFound()
    {
        using var folder = new DataFolder();
        var images = folder.Write("FashionMNIST/raw/t10k-images-idx3-ubyte", [0]);
        var labels = folder.Write("FashionMNIST/raw/t10k-labels-idx1-ubyte.gz", [0]);

        Assert.Equal([images, labels], DatasetLocator.Locate(FashionMnist, DataSplit.Test, folder.Path));
    }

    [Fact]
    public void Locate_DataDirectoryWithoutFiles_SearchesNothingElse()
    {
        using var folder = new DataFolder();
        using var other = new DataFolder();
        other.Write("test_batch.bin", [0]);

        Assert.Throws<DatasetNotFoundException>(
            () => DatasetLocator.Locate(Cifar10, DataSplit.Test, folder.Path, name => name == "AFA_DATA_DIR" ? other.Path : null));
    }

    [Fact]
    public void Locate_NoDataDirectory_PrefersEnvironmentOverCache()
    {
        using var data = new DataFolder();
        using var cache = new DataFolder();
        var cached = cache.Write("afa/data/cifar-10/test_batch.bin", [0]);
        string? Environment(string name) => name switch { "AFA_DATA_DIR" => data.Path, "XDG_CACHE_HOME" => cache.Path, _ => null };

        Assert.Equal([cached], DatasetLocator.Locate(Cifar10, DataSplit.Test, null, Environment));

        var named = data.Write("cifar-10/test_batch.bin", [0]);
        Assert.Equal([named], DatasetLocator.Locate(Cifar10, DataSplit.Test, null, Environment));
    }

    [Fact]
    public void Locate_OneFileMissing_NamesItAndTheFoldersAndHowToObtainIt()
    {
        using var folder = new DataFolder();
        folder.Write("t10k-images-idx3-ubyte.gz", [0]);

        var message = Assert.Throws<DatasetNotFoundException>(() => DatasetLocator.Locate(FashionMnist, DataSplit.Test, folder.Path)).Message;

        Assert.StartsWith("The test files of Fashion-MNIST were not found.", message, StringComparison.Ordinal);
        Assert.Contains($"{folder.Path} (has no t10k-labels-idx1-ubyte.gz)", message, StringComparison.Ordinal);
        Assert.Contains("fashion-mnist (no such folder)", message, StringComparison.Ordinal);
        Assert.Contains("apt-get install dataset-fashion-mnist", message, StringComparison.Ordinal);
        Assert.Contains("--data-dir", message, StringComparison.Ordinal);
        Assert.Contains(FashionMnist.Downloads[0].Url.ToString(), message, StringComparison.Ordinal);
    }

    [Fact]
    public void CacheDirectory_RelativeCacheHome_IsIgnored() =>
        Assert.EndsWith(Path.Combine(".cache", "afa", "data", "cifar-10"), DatasetLocator.CacheDirectory(Cifar10, _ => "relative"), StringComparison.Ordinal);
}
