using System.Buffers.Binary;
using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public sealed class ShardFileTests : IDisposable
{
    private const int Count = 10;
    private const int PerChunk = 4;
    private readonly DataFolder _folder = new();
    private readonly ImageDataset _dataset = DataFolder.Dataset(Count);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_WrittenFile_HasTheSameImages()
    {
        var file = ShardFile.Open(Write());

        Assert.Equal(_dataset.Labels.ToArray(), file.Labels);
        Assert.Equal(Enumerable.Range(100, Count), file.SampleIds);
        Assert.Equal(_dataset.Select([7, 0]).Pixels, (byte[])[.. Read(file, 7), .. Read(file, 0)]);
        Assert.Equal(DatasetRegistry.Get("fashion-mnist").ClassNames, file.Header.Describe().ClassNames);
        Assert.Equal((3, "Fashion-MNIST", 0.1), (file.Header.Chunks(), file.Header.Title, file.Header.RecommendedEpsilon));
    }

    [Fact]
    public void File_Layout_IsAsDocumented()
    {
        var path = Write();
        var content = File.ReadAllBytes(path);
        var header = BinaryPrimitives.ReadInt32LittleEndian(content.AsSpan(12));
        var tables = (48 + header + 63) / 64 * 64;
        var pixels = (tables + Count + (4 * Count) + (16 * 3) + 4095) / 4096 * 4096;

        Assert.Equal([0x89, 0x41, 0x46, 0x41, 0x44, 0x0D, 0x0A, 0x1A, 1, 0, 0, 0], content[..12]);
        Assert.Equal((byte)'{', content[48]);
        Assert.Equal(_dataset.Labels.ToArray(), content[tables..(tables + Count)]);
        Assert.Equal(100 + 3, BinaryPrimitives.ReadInt32LittleEndian(content.AsSpan(tables + Count + 12)));
        Assert.Equal(_dataset.Select([0]).Pixels, content[pixels..(pixels + 784)]);
        Assert.Equal(pixels + (Count * 784), content.Length);
    }

    [Fact]
    public void Read_DamagedPixel_SpoilsItsChunkAlone()
    {
        var path = Write();
        Flip(path, fromEnd: 784 * 3);   // In image 7, of the second chunk: images 4 to 7.

        var file = ShardFile.Open(path);

        Assert.Equal(_dataset.Select([3]).Pixels, Read(file, 3));
        Assert.Equal(_dataset.Select([8]).Pixels, Read(file, 8));
        var exception = Assert.Throws<InvalidDataException>(() => Read(file, 4));
        Assert.Contains("images 4 to 7", exception.Message, StringComparison.Ordinal);
        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_DamagedLabel_IsRefused()
    {
        var path = Write();
        var header = BinaryPrimitives.ReadInt32LittleEndian(File.ReadAllBytes(path).AsSpan(12));
        Flip(path, fromEnd: (int)new FileInfo(path).Length - ((48 + header + 63) / 64 * 64));

        AssertRefused(path, "its labels, sample ids or checksums");
    }

    [Fact]
    public void Open_DamagedHeader_IsRefused()
    {
        var path = Write();
        Flip(path, fromEnd: (int)new FileInfo(path).Length - 60);

        AssertRefused(path, "its header does not have the checksum");
    }

    [Fact]
    public void Open_OtherVersion_IsRefused()
    {
        var path = Write();
        var content = File.ReadAllBytes(path);
        content[8] = 2;
        File.WriteAllBytes(path, content);

        AssertRefused(path, "must have the version 1, not 2");
    }

    [Fact]
    public void Open_Truncated_IsRefused()
    {
        var path = Write();
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);

        AssertRefused(path, "truncated");
    }

    [Fact]
    public void Complete_ImagesMissing_Throws()
    {
        using var writer = new ShardFileWriter(Path.Combine(_folder.Path, "a"), Header(), _dataset.Labels.ToArray(), new int[Count]);
        writer.Append(new byte[784]);

        Assert.Throws<InvalidOperationException>(writer.Complete);
    }

    [Theory]
    [InlineData("\u001b[2J", "cat", "its title")]
    [InlineData("title", "\u009b2J", "classes")]
    [InlineData("title", "two\nlines", "classes")]
    [InlineData("größe", "chat sauvage", null)]
    public void ReadHeader_ControlCharactersInTitleOrClassNames_AreRefused(string title, string className, string? reason)
    {
        var json = (Header() with { Title = title, ClassNames = [className] }).Write();

        var error = Record.Exception(() => ShardFileHeader.Read(json, "file"));

        Assert.Equal(reason is null, error is null);
        Assert.Contains(reason ?? "", error?.Message ?? "", StringComparison.Ordinal);
    }

    private static ShardFileHeader Header() => ShardFileHeader.Of(DatasetRegistry.Get("fashion-mnist"), DataSplit.Train, Count, PerChunk, shard: 0, shards: 1);

    private string Write()
    {
        var path = Path.Combine(_folder.Path, "train.afad");
        using var writer = new ShardFileWriter(path, Header(), _dataset.Labels.ToArray(), [.. Enumerable.Range(100, Count)]);
        for (var i = 0; i < Count; i++)
        {
            writer.Append(_dataset.Select([i]).Pixels);
        }

        writer.Complete();
        return path;
    }

    private static void Flip(string path, int fromEnd)
    {
        var content = File.ReadAllBytes(path);
        content[^fromEnd] ^= 1;
        File.WriteAllBytes(path, content);
    }

    private static byte[] Read(ShardFile file, int index)
    {
        var image = new byte[784];
        file.Read(index, image);
        return image;
    }

    private static void AssertRefused(string path, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => ShardFile.Open(path)).Message, StringComparison.Ordinal);
}
