using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Afa.Checkpoints.PyTorch;
using Xunit;

namespace Afa.Tests.Checkpoints.PyTorch;

/// <summary>The oracle is System.IO.Compression, which reads what is written here and writes what is read here.</summary>
public sealed class StoredZipTests
{
    private static readonly byte[] _content = Encoding.ASCII.GetBytes("some content");

    [Fact]
    public void Write_Entries_AreReadByAnotherImplementation()
    {
        var file = AlignedZip.Write([("a/first", _content), ("a/empty", default), ("a/größe", new byte[200])]);

        using var zip = new ZipArchive(new MemoryStream(file));
        Assert.Equal(["a/first", "a/empty", "a/größe"], zip.Entries.Select(entry => entry.FullName));
        using var reader = new StreamReader(zip.Entries[0].Open());
        Assert.Equal("some content", reader.ReadToEnd());
        Assert.Equal(200, zip.Entries[2].Length);
    }

    [Fact]
    public void Write_Contents_BeginAtMultiplesOf64()
    {
        // Names of 1 to 130 letters, so that every padding comes up.
        var entries = Enumerable.Range(1, 130).Select(length => (new string('n', length), (ReadOnlyMemory<byte>)Encoding.ASCII.GetBytes($"<<{length:000}>>"))).ToList();
        var file = AlignedZip.Write(entries);

        Assert.All(entries, entry => Assert.Equal(0, file.AsSpan().IndexOf(entry.Item2.Span) % 64));
    }

    [Fact]
    public void Read_FileOfAnotherImplementation_GivesTheContents()
    {
        var zip = new StoredZip(Zip(CompressionLevel.NoCompression));

        Assert.Equal(["a/x", "a/y"], zip.Names);
        Assert.Equal(_content, zip.Find("a/y")!.Value.ToArray());
        Assert.Null(zip.Find("a/z"));
    }

    [Fact]
    public void Read_CompressedEntries_AreRefused() => Assert.Contains("compressed", Refused(Zip(CompressionLevel.Fastest)));

    [Fact]
    public void Find_ChangedContent_IsRefused()
    {
        var file = AlignedZip.Write([("a", _content)]);
        file[file.AsSpan().IndexOf(_content)] ^= 1;

        Assert.Contains("CRC-32", Assert.Throws<FormatException>(() => new StoredZip(file).Find("a")).Message);
    }

    [Fact]
    public void Read_EntriesThatOverlap_AreRefused()
    {
        // The first entry is made to cover the other two as well.
        const int FirstContent = 64;
        var file = AlignedZip.Write([("a", default), ("b", new byte[1000]), ("c", new byte[1000])]);
        var directory = DirectoryStart(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(directory + 20), directory - FirstContent);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(directory + 24), directory - FirstContent);

        Assert.Contains("overlap", Refused(file));
    }

    [Theory]
    [InlineData(24, "of 12345678 bytes is not at byte")]   // sizes
    [InlineData(42, "not at byte 12345678")]               // place
    public void Read_LyingDirectory_IsRefused(int field, string expected)
    {
        var file = AlignedZip.Write([("a", _content)]);
        var directory = DirectoryStart(file);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(directory + field), 12345678);
        if (field == 24)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(directory + 20), 12345678);
        }

        Assert.Contains(expected, Refused(file));
    }

    [Fact]
    public void Read_LyingCount_IsRefused()
    {
        var file = AlignedZip.Write([("a", _content)]);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(file.Length - 14), 60_000);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(file.Length - 12), 60_000);

        Assert.Contains("damaged after 1 entries", Refused(file));
    }

    [Fact]
    public void Read_TwoEntriesOfOneName_AreRefused() => Assert.Contains("two entries 'a'", Refused(AlignedZip.Write([("a", _content), ("a", _content)])));

    [Fact]
    public void Read_EveryPrefix_IsRefused()
    {
        var file = AlignedZip.Write([("a", _content), ("b", _content)]);

        Assert.All(Enumerable.Range(0, file.Length), length => Refused(file[..length]));
    }

    private static string Refused(byte[] file) => Assert.Throws<FormatException>(() => new StoredZip(file)).Message;

    private static int DirectoryStart(byte[] file) => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(file.Length - 6));

    private static byte[] Zip(CompressionLevel level)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var name in new[] { "a/x", "a/y" })
            {
                using var entry = zip.CreateEntry(name, level).Open();
                entry.Write(_content);
            }
        }

        return stream.ToArray();
    }
}
