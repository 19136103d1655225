using System.Security.Cryptography;
using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public class DatasetLoaderTests
{
    [Fact]
    public void Load_Cifar10Train_JoinsFilesInOrder()
    {
        using var folder = new DataFolder();
        for (var file = 1; file <= 5; file++)
        {
            folder.Write($"data_batch_{file}.bin", DataFolder.Cifar(file));
        }

        var dataset = DatasetLoader.Load("cifar-10", DataSplit.Train, folder.Path);

        Assert.Equal(15, dataset.Count);
        Assert.Equal([0, 0, 1, 0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 3, 4], dataset.Labels.ToArray());
        Assert.Equal(4, dataset.Select([14]).Pixels[0]);
    }

    [Fact]
    public void Load_Cifar100_UsesFineLabels()
    {
        using var folder = new DataFolder();
        folder.Write("cifar-100-binary/test.bin", DataFolder.Cifar(101, hasCoarseLabel: true, classes: 100));

        var dataset = DatasetLoader.Load("cifar-100", DataSplit.Test, folder.Path);

        Assert.Equal(99, dataset.Labels.Span[99]);
    }

    [Fact]
    public void Load_IdxCountsDiffer_NamesBothFiles()
    {
        using var folder = new DataFolder();
        var images = folder.Write("t10k-images-idx3-ubyte", DataFolder.Idx(251, 3, 28, 28));
        var labels = folder.Write("t10k-labels-idx1-ubyte", DataFolder.Idx(10, 4));

        var exception = Assert.Throws<InvalidDataException>(() => DatasetLoader.Load("mnist", DataSplit.Test, folder.Path));

        Assert.Equal($"{labels} has 4 labels for 3 images in {images}.", exception.Message);
    }

    [Fact]
    public void Load_FashionMnistTest_IsTheOfficialData()
    {
        var dataset = FashionMnist.Load(DataSplit.Test);

        Assert.Equal(10_000, dataset.Count);
        Assert.Equal([9, 2, 1, 1, 6, 1, 4, 6, 5, 7], dataset.Labels.Span[..10].ToArray());

        // From an independent reader (Python).
        Assert.Equal(
            "FFC7351ED0F8BAE542820866086177FA4E0B366B97BF9D998DFFDB8DBE138787",
            Convert.ToHexString(SHA256.HashData(dataset.Select([0]).Pixels)));
        Assert.Equal(0.28684928071228494, Mean(dataset), 1e-12);
    }

    [Fact]
    public void Load_FashionMnistTrain_IsTheOfficialData()
    {
        var dataset = FashionMnist.Load(DataSplit.Train);

        Assert.Equal(60_000, dataset.Count);
        Assert.Equal([9, 0, 0, 3, 0, 2, 7, 2, 5, 5], dataset.Labels.Span[..10].ToArray());
        Assert.Equal(0.2860405969887955, Mean(dataset), 1e-12);
    }

    [Fact]
    public void Load_MnistFromFilesOfFashionMnist_NamesTheOtherDataset()
    {
        var exception = Assert.Throws<InvalidDataException>(() => DatasetLoader.Load("mnist", DataSplit.Test, FashionMnist.RequireFolder()));

        Assert.Contains("belongs to Fashion-MNIST, not to MNIST", exception.Message, StringComparison.Ordinal);
    }

    private static double Mean(ImageDataset dataset)
    {
        var sum = 0L;
        var pixels = dataset.Select([.. Enumerable.Range(0, dataset.Count)]).Pixels;
        foreach (var pixel in pixels)
        {
            sum += pixel;
        }

        return sum / (255.0 * pixels.Length);
    }
}
