using System.Text;
using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public sealed class TinyImageNetTests : IDisposable
{
    private static readonly DatasetDescription Description = DatasetRegistry.Get("tiny-imagenet");
    private static readonly Lazy<byte[][]> s_images = new(() => [.. Enumerable.Range(0, 200).Select(label => ImagesOnDisk.Jpeg(64, 64, (byte)label, (byte)label, (byte)label))]);
    private readonly DataFolder _folder = new();

    public TinyImageNetTests()
    {
        // The official list is not sorted; neither is this one.
        WriteText("wnids.txt", string.Join('\n', Description.ClassNames.Reverse()) + "\n");
        foreach (var (label, name) in Description.ClassNames.Index())
        {
            _folder.Write($"tiny-imagenet-200/train/{name}/images/{name}_0.JPEG", s_images.Value[label]);
            WriteText($"train/{name}/{name}_boxes.txt", "0");
        }

        WriteText("val/val_annotations.txt", "val_0.JPEG\tn12267677\t0\t32\t44\t62\nval_1.JPEG\tn01443537\t1\t2\t3\t4\n");
        _folder.Write("tiny-imagenet-200/val/images/val_0.JPEG", ImagesOnDisk.GrayJpeg(64, 64, 90));
        _folder.Write("tiny-imagenet-200/val/images/val_1.JPEG", ImagesOnDisk.Jpeg(64, 64, 91, 91, 91));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_Train_LabelsClassesInOrdinalOrder()
    {
        var dataset = DatasetLoader.Load("tiny-imagenet", DataSplit.Train, _folder.Path);

        Assert.Equal(200, dataset.Count);
        Assert.Equal(Enumerable.Range(0, 200).Select(label => (byte)label), dataset.Labels.ToArray());
        for (var label = 0; label < 200; label += 33)
        {
            Assert.All(dataset.Select([label]).Pixels, pixel => Assert.InRange(pixel, label - 1, label + 1));   // JPEG rounds.
        }
    }

    [Fact]
    public void Load_Test_TakesClassesFromTheAnnotations()
    {
        var dataset = DatasetLoader.Load("tiny-imagenet", DataSplit.Test, _folder.Path);

        Assert.Equal([199, 0], dataset.Labels.ToArray());
        Assert.All(dataset.Select([0]).Pixels, pixel => Assert.Equal(90, pixel));
        Assert.Equal(3 * 64 * 64, dataset.Select([0]).Pixels.Length);
    }

    [Theory]
    [InlineData("../../secret.JPEG\tn01443537\n")]
    [InlineData("val_0.JPEG\tn00000000\n")]
    [InlineData("val_0.JPEG\n")]
    public void Load_BadAnnotation_NamesTheLine(string line)
    {
        WriteText("val/val_annotations.txt", "val_1.JPEG\tn01443537\n" + line);

        Assert.Contains("val_annotations.txt, line 2", Assert.Throws<InvalidDataException>(() => DatasetLoader.Load("tiny-imagenet", DataSplit.Test, _folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OtherClasses_AreRefused()
    {
        WriteText("wnids.txt", "n01443537\n");

        Assert.Contains("must list the 200 WordNet ids", Assert.Throws<InvalidDataException>(() => DatasetLoader.Load("tiny-imagenet", DataSplit.Train, _folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NotThere_SaysWhereTheArchiveIs()
    {
        using var empty = new DataFolder();

        Assert.Contains("download and unpack http://cs231n.stanford.edu", Assert.Throws<DatasetNotFoundException>(() => DatasetLoader.Load("tiny-imagenet", DataSplit.Train, empty.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ClassNames_AreSortedWordNetIds()
    {
        Assert.Equal(200, Description.ClassNames.Distinct().Count());
        Assert.Equal(Description.ClassNames.Order(StringComparer.Ordinal), Description.ClassNames);
        Assert.All(Description.ClassNames, name => Assert.Matches("^n[0-9]{8}$", name));
    }

    private void WriteText(string name, string text) => _folder.Write($"tiny-imagenet-200/{name}", Encoding.UTF8.GetBytes(text));
}
