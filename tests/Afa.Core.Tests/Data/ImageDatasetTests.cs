using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public class ImageDatasetTests
{
    [Fact]
    public void Select_Indices_CopiesImagesInThatOrder()
    {
        var batch = DataFolder.Dataset(30).Select([25, 3]);

        Assert.Equal([5, 3], batch.Labels);
        Assert.Equal([25, 3], batch.SampleIds);
        Assert.Equal([25, 26, 27], batch.Pixels[..3]);
        Assert.Equal([3, 4, 5], batch.Pixels[784..787]);
    }

    [Fact]
    public void Subset_OfSubset_KeepsSampleIds()
    {
        var subset = DataFolder.Dataset(30).Subset([20, 21, 22]).Subset([2, 0]);

        Assert.Equal(2, subset.Count);
        Assert.Equal([22, 20], subset.SampleIds.ToArray());
        Assert.Equal([2, 0], subset.Labels.ToArray());
        Assert.Equal([22, 20], subset.Select([0, 1]).SampleIds);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(30)]
    public void Select_IndexOutside_Throws(int index)
    {
        var dataset = DataFolder.Dataset(30);

        Assert.Throws<ArgumentOutOfRangeException>("indices", () => dataset.Select([0, index]));
    }

    [Fact]
    public void Select_MoreThanAnArrayHolds_SaysHowMuch()
    {
        // 48 MiB for each image, which is not read.
        var description = DatasetRegistry.Get("cifar-10") with { Height = 4096, Width = 4096 };
        var dataset = new ImageDataset(description, DataSplit.Train, new NoPixels(), [0], [0]);

        Assert.Contains("43 images of 50331648 bytes take 2164260864", Assert.Throws<ArgumentException>(() => dataset.Select(new int[43])).Message, StringComparison.Ordinal);
        Assert.Contains("2164260864", Assert.Throws<ArgumentException>(() => dataset.Subset(new int[43])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_LengthsDoNotFit_Throws()
    {
        var description = DatasetRegistry.Get("mnist");

        Assert.Throws<ArgumentException>("pixels", () => new ImageDataset(description, DataSplit.Test, new byte[783], [1]));
    }

    [Theory]
    [InlineData(255, 254, true)]
    [InlineData(255, 255, false)]
    [InlineData(256, 255, true)]
    public void Constructor_AsManyClassesAsBytes_TakesTheLastLabel(int classes, byte label, bool isTaken)
    {
        var description = DatasetRegistry.Get("mnist") with { ClassNames = [.. Enumerable.Range(0, classes).Select(number => $"{number}")] };

        var error = Record.Exception(() => new ImageDataset(description, DataSplit.Test, new byte[2 * 784], [0, label]));

        Assert.Equal(isTaken, error is null);
    }

    [Fact]
    public void Constructor_LabelIsNoClass_Throws()
    {
        var description = DatasetRegistry.Get("mnist");

        Assert.Throws<ArgumentException>("labels", () => new ImageDataset(description, DataSplit.Test, new byte[784], [10]));
    }

    private sealed class NoPixels : PixelRows
    {
        public override int Count => 1;

        public override void Read(int index, Span<byte> target) => throw new InvalidOperationException("There are no pixels.");
    }
}
