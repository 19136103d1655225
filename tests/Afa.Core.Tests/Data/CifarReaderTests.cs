using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public class CifarReaderTests
{
    [Fact]
    public void Read_Cifar10_ReturnsPixelsAndLabels()
    {
        using var folder = new DataFolder();

        var (pixels, labels) = CifarReader.Read(folder.Write("batch", DataFolder.Cifar(3)), 1, 3072, 10, 3);

        Assert.Equal([0, 1, 2], labels);
        Assert.Equal(3 * 3072, pixels.Length);
        Assert.Equal([2, 3, 4], pixels[(2 * 3072)..(2 * 3072 + 3)]);
    }

    [Fact]
    public void Read_Cifar100_TakesFineLabel()
    {
        using var folder = new DataFolder();

        var (_, labels) = CifarReader.Read(folder.Write("train", DataFolder.Cifar(3, hasCoarseLabel: true)), 2, 3072, 100, 3);

        Assert.Equal([0, 1, 2], labels);
    }

    [Fact]
    public void Read_Truncated_NamesLengths() =>
        AssertRefused(DataFolder.Cifar(3)[..^1], "must have a length that is a multiple of 3073 bytes (one record), not 9218");

    [Fact]
    public void Read_TrailingByte_NamesLengths() => AssertRefused([.. DataFolder.Cifar(3), 0], "not 9220");

    [Fact]
    public void Read_Empty_NamesCount() => AssertRefused([], "must hold from 1 to 3 records of 3073 bytes, not 0");

    [Fact]
    public void Read_TooManyRecords_NamesCount() => AssertRefused(DataFolder.Cifar(4), "not 4");

    [Fact]
    public void Read_LabelOutOfRange_NamesLabel()
    {
        var content = DataFolder.Cifar(3);
        content[3073] = 10;

        AssertRefused(content, "label 1 must be in [0, 9], not 10");
    }

    private static void AssertRefused(byte[] content, string reason)
    {
        using var folder = new DataFolder();
        var path = folder.Write("batch", content);

        var exception = Assert.Throws<InvalidDataException>(() => CifarReader.Read(path, 1, 3072, 10, 3));

        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }
}
