using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public class IdxReaderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReadImages_ValidFile_ReturnsPixels(bool isPacked)
    {
        using var folder = new DataFolder();
        var content = DataFolder.Idx(251, 3, 4, 5);
        var path = folder.Write("images", isPacked ? DataFolder.Gzip(content) : content);

        Assert.Equal(content[16..], IdxReader.ReadImages(path, 4, 5, 3));
    }

    [Fact]
    public void ReadLabels_ValidFile_ReturnsLabels()
    {
        using var folder = new DataFolder();

        Assert.Equal([0, 1, 2, 0, 1], IdxReader.ReadLabels(folder.Write("labels", DataFolder.Idx(3, 5)), 3, 10));
    }

    [Fact]
    public void ReadImages_LabelsFile_NamesMagic() =>
        AssertRefused(DataFolder.Idx(3, 500), "must start with the idx number 0x00000803, not 0x00000801");

    [Fact]
    public void ReadImages_TooManyImages_NamesCounts() => AssertRefused(DataFolder.Idx(251, 4, 4, 5), "must hold from 1 to 3 items, not 4");

    [Fact]
    public void ReadImages_HugeCount_IsRefusedBeforeAllocation() =>
        AssertRefused([0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 4, 0, 0, 0, 5], "must hold from 1 to 3 items, not 4294967295");

    [Fact]
    public void ReadImages_OtherShape_NamesDimension() =>
        AssertRefused(DataFolder.Idx(251, 3, 4, 6), "must hold images of 4 × 5 pixels, but its dimension 2 is 6");

    [Fact]
    public void ReadImages_Truncated_SaysSo() => AssertRefused(DataFolder.Idx(251, 3, 4, 5)[..^1], "is truncated");

    [Fact]
    public void ReadImages_EmptyFile_SaysTruncated() => AssertRefused([], "is truncated");

    [Fact]
    public void ReadImages_TrailingByte_SaysSo() => AssertRefused([.. DataFolder.Idx(251, 3, 4, 5), 0], "has bytes after the data");

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(12)]
    public void ReadImages_GzipTruncated_SaysSo(int missingBytes) =>
        AssertRefused(DataFolder.Gzip(DataFolder.Idx(251, 3, 4, 5))[..^missingBytes], "truncated");

    [Fact]
    public void ReadImages_BytesAfterGzip_SaysSo() =>
        AssertRefused([.. DataFolder.Gzip(DataFolder.Idx(251, 3, 4, 5)), 1, 2, 3, 4, 5], "has bytes after it");

    [Fact]
    public void ReadImages_GzipWithWrongChecksum_SaysSo()
    {
        var packed = DataFolder.Gzip(DataFolder.Idx(251, 3, 4, 5));
        packed[^8] ^= 1;

        AssertRefused(packed, "cannot be unpacked");
    }

    [Fact]
    public void ReadImages_GzipBomb_StopsAfterAnnouncedData()
    {
        var bomb = DataFolder.Gzip([.. DataFolder.Idx(251, 3, 4, 5), .. new byte[20_000_000]]);

        AssertRefused(bomb, "has bytes after the data");
    }

    [Fact]
    public void ReadLabels_LabelOutOfRange_NamesLabel()
    {
        using var folder = new DataFolder();
        var path = folder.Write("labels", DataFolder.Idx(11, 11));

        var exception = Assert.Throws<InvalidDataException>(() => IdxReader.ReadLabels(path, 10, 20));

        Assert.Equal($"{path}: label 10 must be in [0, 9], not 10.", exception.Message);
    }

    private static void AssertRefused(byte[] content, string reason)
    {
        using var folder = new DataFolder();
        var path = folder.Write("images", content);

        var exception = Assert.Throws<InvalidDataException>(() => IdxReader.ReadImages(path, 4, 5, 3));

        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }
}
