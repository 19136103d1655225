using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public sealed class ImageFolderTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_TrainAndTest_LabelsFoldersInOrdinalOrder()
    {
        Write("train/b/2.png", 20);
        Write("train/b/10.PNG", 21);   // Ordinal order: before 2.png.
        Write("train/Zebra/x.jpeg", 10, isJpeg: true);
        Write("train/a/1.png", 30);
        _folder.Write("train/a/notes.txt", [1]);
        Write("test/b/1.png", 40);

        var train = DatasetLoader.Load(_folder.Path, DataSplit.Train);
        var test = DatasetLoader.Load(_folder.Path, DataSplit.Test);

        Assert.Equal(["Zebra", "a", "b"], train.Description.ClassNames);
        Assert.Equal((3, 2, 3), (train.Description.Channels, train.Description.Height, train.Description.Width));
        Assert.Equal([0, 1, 2, 2], train.Labels.ToArray());
        Assert.Equal([10, 30, 21, 20], FirstPixels(train));
        Assert.Equal([2], test.Labels.ToArray());
        Assert.Equal([40], FirstPixels(test));
        Assert.Equal("Zebra", DatasetRegistry.Get(_folder.Path).ClassNames[0]);
    }

    [Fact]
    public void Load_ManyTestImages_AreNotClassByClassAndInTheSameOrderEachTimeAndConverted()
    {
        for (byte image = 0; image < 120; image++)
        {
            Write($"test/{image / 30}/{image:D3}.png", image);
            Write($"train/{image / 30}/{image:D3}.png", image);
        }

        var test = DatasetLoader.Load(_folder.Path, DataSplit.Test);
        var target = Path.Combine(_folder.Path, "..", $"{Path.GetFileName(_folder.Path)}-converted");
        DatasetConverter.Convert(_folder.Path, null, target, new ConversionOptions());
        var converted = DatasetLoader.Load(target, DataSplit.Test);
        var pixels = FirstPixels(test);
        Assert.Equal(pixels, FirstPixels(converted));
        Assert.Equal(test.SampleIds.ToArray(), converted.SampleIds.ToArray());
        Directory.Delete(target, recursive: true);

        Assert.Equal(pixels, FirstPixels(DatasetLoader.Load(_folder.Path, DataSplit.Test)));
        Assert.Equal(Enumerable.Range(0, 120), pixels.Order());
        Assert.Equal(pixels.Select(pixel => (byte)(pixel / 30)), test.Labels.ToArray());
        Assert.Equal(4, test.Labels.ToArray().Take(30).Distinct().Count());   // Class by class, it would be one.
        Assert.Equal(Enumerable.Range(0, 120), FirstPixels(DatasetLoader.Load(_folder.Path, DataSplit.Train)));
    }

    [Fact]
    public void Load_ValFolder_IsTheTestSplit()
    {
        Write("train/a/1.png", 1);
        Write("val/a/1.png", 2);

        Assert.Equal([2], FirstPixels(DatasetLoader.Load(_folder.Path, DataSplit.Test)));
    }

    [Fact]
    public void Load_ClassFoldersAlone_AreTrainingImages()
    {
        Write("a/1.png", 1);
        Write("b/1.png", 2);

        Assert.Equal([1, 2], FirstPixels(DatasetLoader.Load(_folder.Path, DataSplit.Train)));
        Assert.Contains("has no test images", Assert.Throws<DatasetNotFoundException>(() => DatasetLoader.Load(_folder.Path, DataSplit.Test)).Message, StringComparison.Ordinal);
        Assert.Throws<DatasetNotFoundException>(() => DatasetLoader.Require(_folder.Path, DataSplit.Test));
    }

    [Fact]
    public void Load_ImageOfAnotherSize_IsRefusedWithWhatToDo()
    {
        Write("a/1.png", 1);
        _folder.Write("b/1.png", ImagesOnDisk.Png(5, 5, 1, 1, 1));

        Assert.Contains("afa data convert", Assert.Throws<InvalidDataException>(() => DatasetLoader.Load(_folder.Path, DataSplit.Train)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TestClassWithoutTrainingImages_IsRefused()
    {
        Write("train/a/1.png", 1);
        Write("test/z/1.png", 1);

        Assert.Contains("has no training images", Assert.Throws<InvalidDataException>(() => DatasetLoader.Load(_folder.Path, DataSplit.Test)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Get_ClassWithoutImages_IsRefused()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "train", "a"));

        Assert.Contains("must hold PNG or JPEG files", Assert.Throws<InvalidDataException>(() => DatasetRegistry.Get(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Get_TooManyClasses_IsRefused()
    {
        for (var i = 0; i < 257; i++)
        {
            Directory.CreateDirectory(Path.Combine(_folder.Path, $"{i}"));
        }

        Assert.Contains("1 to 256 classes, not 257", Assert.Throws<InvalidDataException>(() => DatasetRegistry.Get(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Dogs & Cats", "dogs---cats")]
    [InlineData("...", "images")]
    [InlineData("a-name-that-is-far-too-long-for-the-name-of-a-run", "a-name-that-is-far-too-long-fo")]
    public void Name_AnyFolder_FitsTheNamesOfRuns(string folder, string expected) => Assert.Equal(expected, DatasetFolder.Name(Path.Combine(_folder.Path, folder + "/")));

    private static int[] FirstPixels(ImageDataset dataset) => [.. Enumerable.Range(0, dataset.Count).Select(i => (int)dataset.Select([i]).Pixels[0])];

    private void Write(string name, byte red, bool isJpeg = false) =>
        _folder.Write(name, isJpeg ? ImagesOnDisk.Jpeg(2, 3, red, red, red) : ImagesOnDisk.Png(2, 3, red, 0, 0));
}
