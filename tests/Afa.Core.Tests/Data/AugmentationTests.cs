using System.ComponentModel.DataAnnotations;
using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public class AugmentationTests
{
    private static readonly AugmentationOptions CropAndFlip = new() { CropPadding = 4, HorizontalFlip = true };

    // The draws (down, right, flip) of seed 42 in epoch 3, from an independent implementation (Python).
    [Theory]
    [InlineData(0, -1, 0, false)]
    [InlineData(1, 4, -4, true)]
    [InlineData(4, 3, 2, false)]
    [InlineData(59_999, 4, -4, false)]
    public void Apply_Sample_IsCroppedAndFlippedAsDrawn(int sampleId, int down, int right, bool isFlipped)
    {
        var batch = Images(sampleId);

        var augmented = new Augmentation(CropAndFlip, 42).Apply(batch, 3);

        for (var position = 0; position < batch.Pixels.Length; position++)
        {
            var (channel, row, column) = (position / 80, position / 10 % 8, position % 10);
            var (sourceRow, sourceColumn) = (row + down, (isFlipped ? 9 - column : column) + right);
            var isInside = sourceRow is >= 0 and < 8 && sourceColumn is >= 0 and < 10;
            Assert.Equal(isInside ? batch.Pixels[(channel * 80) + (sourceRow * 10) + sourceColumn] : 0, augmented.Pixels[position]);
        }
    }

    [Fact]
    public void Apply_Sample_DoesNotDependOnItsBatch()
    {
        var augmentation = new Augmentation(CropAndFlip, 42);
        var batch = DataFolder.Dataset(20).Select([.. Enumerable.Range(0, 20)]);

        var together = augmentation.Apply(batch, 1);
        var alone = ImageBatch.Concat([.. Enumerable.Range(0, 20).Select(i => augmentation.Apply(batch.Slice(i, 1), 1))]);

        Assert.Equal(together.Pixels, alone.Pixels);
        Assert.Equal(batch.Labels, together.Labels);
        Assert.Equal(batch.SampleIds, together.SampleIds);
        Assert.NotEqual(together.Pixels, augmentation.Apply(batch, 2).Pixels);
        Assert.NotEqual(together.Pixels, new Augmentation(CropAndFlip, 43).Apply(batch, 1).Pixels);
    }

    [Fact]
    public void Apply_TwoViews_StandSideBySideEachWithDrawsOfItsOwn()
    {
        var augmentation = new Augmentation(CropAndFlip, 42);
        var batch = DataFolder.Dataset(20).Select([.. Enumerable.Range(0, 20)]);

        var views = augmentation.Apply(batch, 1, views: 2);

        var first = augmentation.Apply(batch, 1);
        Assert.Equal(40, views.Count);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal((batch.Labels[i], batch.Labels[i]), (views.Labels[2 * i], views.Labels[(2 * i) + 1]));
            Assert.Equal((batch.SampleIds[i], batch.SampleIds[i]), (views.SampleIds[2 * i], views.SampleIds[(2 * i) + 1]));
            Assert.Equal(first.Slice(i, 1).Pixels, views.Slice(2 * i, 1).Pixels);   // The first view is the one that other methods see.
            Assert.Equal(views.Slice(2 * i, 2).Pixels, augmentation.Apply(batch.Slice(i, 1), 1, views: 2).Pixels);
        }

        Assert.True(Enumerable.Range(0, 20).Count(i => !views.Slice(2 * i, 1).Pixels.AsSpan().SequenceEqual(views.Slice((2 * i) + 1, 1).Pixels)) > 15);
    }

    [Fact]
    public void Apply_DefaultOptions_ChangesNothing()
    {
        var batch = Images(1);

        Assert.Equal(batch.Pixels, new Augmentation(new AugmentationOptions(), 42).Apply(batch, 3).Pixels);
    }

    [Fact]
    public void Apply_OnlyFlip_FlipsAboutHalf()
    {
        var augmentation = new Augmentation(new AugmentationOptions { HorizontalFlip = true }, 1);

        var flipped = Enumerable.Range(0, 1000).Count(id => !augmentation.Apply(Images(id), 0).Pixels.AsSpan().SequenceEqual(Images(id).Pixels));

        Assert.InRange(flipped, 430, 570);
    }

    [Fact]
    public void Apply_PaddingBeyondImage_StaysInside()
    {
        var augmentation = new Augmentation(new AugmentationOptions { CropPadding = 16 }, 1);
        var batch = new ImageBatch(new byte[100 * 4], new long[100], [.. Enumerable.Range(0, 100)], 1, 2, 2);

        Assert.Equal(batch.Pixels, augmentation.Apply(batch, 0).Pixels);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(17)]
    public void Constructor_CropPaddingOutOfRange_Throws(int padding) =>
        Assert.Throws<ValidationException>(() => new Augmentation(new AugmentationOptions { CropPadding = padding }, 1));

    /// <summary>One image of three channels, 8 rows and 10 columns in which no two pixels are equal or zero.</summary>
    private static ImageBatch Images(int sampleId) => new([.. Enumerable.Range(1, 240).Select(i => (byte)i)], [0], [sampleId], 3, 8, 10);
}
