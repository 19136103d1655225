using System.Buffers.Binary;
using System.IO.Hashing;
using Afa.Data;
using SkiaSharp;
using Xunit;

namespace Afa.Tests.Data;

public sealed class ImageFileTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_Png_GivesExactPlanes()
    {
        var path = _folder.Write("a.png", ImagesOnDisk.Png(2, 3, (row, column) => new SKColor((byte)((3 * row) + column), 100, (byte)(200 + column))));

        Assert.Equal((2, 3), ImageFile.ReadSize(path));
        Assert.Equal([0, 1, 2, 3, 4, 5, 100, 100, 100, 100, 100, 100, 200, 201, 202, 200, 201, 202], Read(path, 2, 3));
    }

    [Fact]
    public void Read_TransparentPng_DropsTheAlphaChannel()
    {
        var path = _folder.Write("a.png", ImagesOnDisk.Png(1, 2, (_, column) => new SKColor(200, 100, 50, (byte)(column == 0 ? 128 : 255))));

        Assert.Equal([200, 200, 100, 100, 50, 50], Read(path, 1, 2));
    }

    [Fact]
    public void Read_GrayJpeg_HasItsValueInEachChannel()
    {
        var path = _folder.Write("a.jpg", ImagesOnDisk.GrayJpeg(8, 8, 77));

        using var codec = SKCodec.Create(path);
        Assert.Equal(SKColorType.Gray8, codec.Info.ColorType);   // What the test is about.
        Assert.All(Read(path, 8, 8), value => Assert.Equal(77, value));
    }

    [Fact]
    public void Read_OtherSize_NamesBoth() =>
        AssertRefused(_folder.Write("a.png", ImagesOnDisk.Png(4, 5, 1, 2, 3)), "must have 2 × 3 pixels as the first image has, not 4 × 5");

    [Fact]
    public void Read_Resized_CutsTheMiddleAndScales()
    {
        // 4 × 8 with a white frame on the left and right, which a square from the middle leaves out; its halves are black and gray.
        var path = _folder.Write("a.png", ImagesOnDisk.Png(4, 8, (_, column) => column is < 2 or > 5 ? SKColors.White : column < 4 ? SKColors.Black : new SKColor(100, 100, 100)));
        var image = new byte[3 * 2 * 2];

        ImageFile.Read(path, 2, 2, isResized: true, image);

        Assert.Equal([0, 100, 0, 100, 0, 100, 0, 100, 0, 100, 0, 100], image);
    }

    [Fact]
    public void Read_Resized_LargerThanTheSource_Scales()
    {
        var path = _folder.Write("a.png", ImagesOnDisk.Png(1, 1, 10, 20, 30));
        var image = new byte[3 * 4];

        ImageFile.Read(path, 2, 2, isResized: true, image);

        Assert.Equal([10, 10, 10, 10, 20, 20, 20, 20, 30, 30, 30, 30], image);
    }

    [Fact]
    public void Read_Truncated_IsRefused()
    {
        var content = ImagesOnDisk.Png(64, 64, (row, column) => new SKColor((byte)(row * column), (byte)(row ^ column), (byte)(row * 7)));

        AssertRefused(_folder.Write("a.png", content[..^100]), "is damaged or truncated", 64, 64);
    }

    [Theory]
    [InlineData("a.png", new byte[] { 71, 73, 70, 56, 57, 97 }, "is neither a PNG nor a JPEG file")]
    [InlineData("a.jpg", new byte[] { 0xFF, 0xD8, 0xFF }, "its header cannot be read")]
    [InlineData("a.jpg", new byte[0], "must have 1 to")]
    public void Read_NoImage_IsRefused(string name, byte[] content, string reason) => AssertRefused(_folder.Write(name, content), reason);

    [Fact]
    public void Read_HugeDimensions_AreRefusedBeforeMemoryIsTaken()
    {
        // Header chunk: width and height from byte 16 on, CRC-32 of tag and content from byte 29 on.
        var content = ImagesOnDisk.Png(2, 3, 1, 2, 3);
        BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(16), 16_000);
        BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(20), 16_000);
        BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(29), Crc32.HashToUInt32(content.AsSpan(12, 17)));
        var path = _folder.Write("a.png", content);

        var exception = Assert.Throws<InvalidDataException>(() => ImageFile.Read(path, 2, 3, isResized: true, new byte[18]));

        Assert.Contains("not 16000 × 16000", exception.Message, StringComparison.Ordinal);
    }

    private static byte[] Read(string path, int height, int width)
    {
        var image = new byte[3 * height * width];
        ImageFile.Read(path, height, width, isResized: false, image);
        return image;
    }

    private static void AssertRefused(string path, string reason, int height = 2, int width = 3)
    {
        var exception = Assert.Throws<InvalidDataException>(() => Read(path, height, width));
        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }
}
