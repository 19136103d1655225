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
    public void Constructor_LengthsDoNotFit_Throws()
    {
        var description = DatasetRegistry.Get("mnist");

        Assert.Throws<ArgumentException>("pixels", () => new ImageDataset(description, DataSplit.Test, new byte[783], [1]));
    }

    [Fact]
    public void Constructor_LabelIsNoClass_Throws()
    {
        var description = DatasetRegistry.Get("mnist");

        Assert.Throws<ArgumentException>("labels", () => new ImageDataset(description, DataSplit.Test, new byte[784], [10]));
    }
}
