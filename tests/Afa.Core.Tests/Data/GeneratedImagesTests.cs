using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public sealed class GeneratedImagesTests : IDisposable
{
    private static readonly DatasetDescription Cifar10 = DatasetRegistry.Get("cifar-10");
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Select_FromNpz_GivesImagesWithIdsOfTheirOwn()
    {
        var generated = GeneratedImages.Open(_folder.Write("g.npz", SmallNpz.Create(20, 32, 32)), Cifar10);

        var batch = generated.Select([13, 0, 13]);

        Assert.Equal([3, 0, 3], batch.Labels);
        Assert.Equal([-14, -1, -14], batch.SampleIds);
        Assert.Equal([.. SmallNpz.Planes(13, 32, 32), .. SmallNpz.Planes(0, 32, 32), .. SmallNpz.Planes(13, 32, 32)], batch.Pixels);
    }

    [Fact]
    public void Open_OtherShape_IsRefused() => AssertRefused(SmallNpz.Create(5, 64, 64), "generated images of [3, 64, 64], but CIFAR-10 has [3, 32, 32]");

    [Fact]
    public void Open_LabelOfNoClass_IsRefused() => AssertRefused(SmallNpz.Create(20, 32, 32, classes: 11), "gives generated image 10 the label 10, but CIFAR-10 has 10 classes");

    [Fact]
    public void Open_Compressed_SaysHowToConvert() => AssertRefused(SmallNpz.Create(20, 32, 32, isPacked: true), "afa data convert");

    [Fact]
    public void Open_FolderOfImages_IsRefused()
    {
        _folder.Write("images/train/b/1.png", ImagesOnDisk.Png(32, 32, 1, 2, 3));

        Assert.Contains("is a folder of images", Refused(Path.Combine(_folder.Path, "images"), Cifar10), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cat", "dog", null)]
    [InlineData("dog", "cat", "class 0 is 'cat' there and 'dog' here")]
    [InlineData("cat", "", "class 1 is 'dog' there and missing here")]
    [InlineData("0", "1", null)]
    public void Open_ConvertedFolder_MustHaveTheClassesOfTheOriginals(string first, string second, string? reason)
    {
        _folder.Write("images/train/cat/1.png", ImagesOnDisk.Png(32, 32, 1, 2, 3));
        _folder.Write("images/train/dog/1.png", ImagesOnDisk.Png(32, 32, 1, 2, 3));
        var converted = Path.Combine(_folder.Path, "converted");
        DatasetConverter.Convert(Path.Combine(_folder.Path, "images"), null, converted, new ConversionOptions());
        var originals = Cifar10 with { ClassNames = second.Length > 0 ? [first, second] : [first] };

        if (reason is null)
        {
            Assert.Equal(2, GeneratedImages.Open(converted, originals).Count);
        }
        else
        {
            Assert.Contains(reason, Refused(converted, originals), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Open_NotThere_SaysSo() => Assert.Throws<DatasetNotFoundException>(() => GeneratedImages.Open(Path.Combine(_folder.Path, "no.npz"), Cifar10));

    [Theory]
    [InlineData(0.7, 128, 38)]   // 38.4, rounded down as int(128 * (1 - 0.7)) in the authors' code.
    [InlineData(0.7, 512, 153)]
    [InlineData(0.9, 10, 1)]
    [InlineData(0.5, 7, 3)]
    public void Originals_OfABatch_AreRoundedDown(double fraction, int images, int expected) =>
        Assert.Equal(expected, new GeneratedOptions { Path = "g.npz", Fraction = fraction }.Originals(images));

    [Fact]
    public void Originals_WithoutAPath_AreAll() => Assert.Equal(128, new GeneratedOptions().Originals(128));

    private void AssertRefused(byte[] content, string reason)
    {
        var path = _folder.Write("g.npz", content);
        Assert.Contains(reason, Refused(path, Cifar10), StringComparison.Ordinal);
    }

    private static string Refused(string path, DatasetDescription originals) => Assert.Throws<InvalidDataException>(() => GeneratedImages.Open(path, originals)).Message;
}
