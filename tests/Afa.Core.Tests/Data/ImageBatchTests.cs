using Afa.Data;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Data;

public class ImageBatchTests
{
    [Fact]
    public void ToTensor_EveryPixelValue_IsDividedBy255Exactly()
    {
        var batch = new ImageBatch([.. Enumerable.Range(0, 256).Select(i => (byte)i)], [0, 1], [0, 1], 2, 8, 8);

        using var images = batch.ToTensor(CPU);

        Assert.Equal([2, 2, 8, 8], images.shape);
        Assert.Equal(ScalarType.Float32, images.dtype);
        Assert.Equal(Enumerable.Range(0, 256).Select(i => (float)i / 255f), images.data<float>().ToArray());
    }

    [Fact]
    public void ToTensor_InDisposeScope_LeavesOneTensorThatOutlivesGarbageCollection()
    {
        using var scope = NewDisposeScope();

        var images = DataFolder.Dataset(20).Select([19]).ToTensor(CPU);
        GC.Collect();
        GC.WaitForPendingFinalizers();

        Assert.Equal(1, scope.DisposablesCount);
        Assert.Equal(19f / 255f, images[0, 0, 0, 0].item<float>());
    }

    [Fact]
    public void LabelsTensor_Labels_AreInt64()
    {
        using var labels = DataFolder.Dataset(30).Select([25, 3]).LabelsTensor(CPU);

        Assert.Equal(ScalarType.Int64, labels.dtype);
        Assert.Equal([5L, 3L], labels.data<long>().ToArray());
    }

    [Fact]
    public void Concat_OfSlices_GivesBatchBack()
    {
        var batch = DataFolder.Dataset(30).Select([4, 8, 15, 16, 23]);

        var joined = ImageBatch.Concat([batch.Slice(0, 2), batch.Slice(2, 3)]);

        Assert.Equal(batch.Pixels, joined.Pixels);
        Assert.Equal(batch.Labels, joined.Labels);
        Assert.Equal(batch.SampleIds, joined.SampleIds);
    }

    [Fact]
    public void Concat_OtherShape_Throws()
    {
        var exception = Assert.Throws<ArgumentException>(
            () => ImageBatch.Concat([new ImageBatch(new byte[4], [0], [0], 1, 2, 2), new ImageBatch(new byte[4], [0], [0], 1, 1, 4)]));

        Assert.StartsWith("All images must have shape [1, 2, 2] as in the first batch, not [1, 1, 4].", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 1)]
    [InlineData(4, 2)]
    public void Slice_OutsideOrEmpty_Throws(int start, int count)
    {
        var batch = DataFolder.Dataset(5).Select([0, 1, 2, 3, 4]);

        Assert.ThrowsAny<ArgumentException>(() => batch.Slice(start, count));
    }

    [Fact]
    public void Constructor_LengthsDoNotFit_Throws()
    {
        Assert.Throws<ArgumentException>("pixels", () => new ImageBatch(new byte[5], [0], [0], 1, 2, 2));
        Assert.Throws<ArgumentException>("sampleIds", () => new ImageBatch(new byte[4], [0], [], 1, 2, 2));
        Assert.Throws<ArgumentException>("labels", () => new ImageBatch([], [], [], 1, 2, 2));
    }

    [Fact]
    public void Select_MoreThanAnArrayHolds_SaysHowMuch()
    {
        var batch = new ImageBatch(new byte[1 << 20], [0], [0], 1, 1024, 1024);

        Assert.Contains("2048 images of 1048576 bytes take 2147483648", Assert.Throws<ArgumentException>(() => batch.Select(new int[2048])).Message, StringComparison.Ordinal);
    }
}
