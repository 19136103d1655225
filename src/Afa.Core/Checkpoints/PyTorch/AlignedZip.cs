using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Afa.Checkpoints.PyTorch;

/// <summary>Writes a zip file as torch.save does: entries are stored, and each content begins at a multiple of 64 bytes, so that it can be mapped.</summary>
/// <remarks>System.IO.Compression.ZipArchive cannot pad an entry's header. Times are left out: equal entries give equal files.</remarks>
internal static class AlignedZip
{
    private const int Alignment = 64;
    private const int LocalHeaderSizeInBytes = 30;
    private const int DirectoryHeaderSizeInBytes = 46;
    private const int EndSizeInBytes = 22;
    private const int PaddingHeaderSizeInBytes = 4;
    private const ushort PaddingId = 0x4246;   // "FB", as PyTorch names its padding.
    private const ushort Utf8Flag = 1 << 11;

    /// <param name="entries">Contents by name; less than 65,535.</param>
    /// <exception cref="ArgumentException">There are too many entries, or the file would take more than 2 GiB.</exception>
    public static byte[] Write(IReadOnlyList<(string Name, ReadOnlyMemory<byte> Content)> entries)
    {
        var names = entries.Select(entry => Encoding.UTF8.GetBytes(entry.Name)).ToArray();
        var places = new long[entries.Count];
        var size = 0L;
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = size;
            size = ContentStart(size, names[i].Length) + entries[i].Content.Length;
        }

        var directoryStart = size;
        size += names.Sum(name => (long)DirectoryHeaderSizeInBytes + name.Length) + EndSizeInBytes;
        if (size > Array.MaxLength || entries.Count >= ushort.MaxValue)
        {
            throw new ArgumentException(
                $"The file would have {entries.Count} entries and {size} bytes; fewer than {ushort.MaxValue} and at most {Array.MaxLength} are supported. " +
                "Split the tensors over several files.", nameof(entries));
        }

        var file = new byte[size];
        var directory = file.AsSpan((int)directoryStart..);
        for (var i = 0; i < places.Length; i++)
        {
            var checksum = Crc32.HashToUInt32(entries[i].Content.Span);
            WriteEntry(file, (int)places[i], names[i], entries[i].Content.Span, checksum);
            WriteDirectoryEntry(ref directory, (uint)places[i], names[i], (uint)entries[i].Content.Length, checksum);
        }

        WriteEnd(directory, (ushort)entries.Count, (uint)directoryStart, (uint)(size - EndSizeInBytes - directoryStart));
        return file;
    }

    private static long ContentStart(long place, int nameLength)
    {
        var earliest = place + LocalHeaderSizeInBytes + nameLength + PaddingHeaderSizeInBytes;
        return (earliest + Alignment - 1) / Alignment * Alignment;
    }

    private static void WriteEntry(byte[] file, int place, ReadOnlySpan<byte> name, ReadOnlySpan<byte> content, uint checksum)
    {
        var start = (int)ContentStart(place, name.Length);
        var header = file.AsSpan(place..start);
        var padding = header[(LocalHeaderSizeInBytes + name.Length)..];
        "PK\x03\x04"u8.CopyTo(header);
        Shared(header[4..], name.Length, padding.Length, content.Length, checksum);
        name.CopyTo(header[LocalHeaderSizeInBytes..]);
        UInt16(padding, 0, PaddingId);
        UInt16(padding, 2, (ushort)(padding.Length - PaddingHeaderSizeInBytes));
        padding[PaddingHeaderSizeInBytes..].Fill((byte)'Z');
        content.CopyTo(file.AsSpan(start));
    }

    private static void WriteDirectoryEntry(ref Span<byte> directory, uint place, ReadOnlySpan<byte> name, uint size, uint checksum)
    {
        "PK\x01\x02"u8.CopyTo(directory);
        Shared(directory[6..], name.Length, 0, (int)size, checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(directory[42..], place);
        name.CopyTo(directory[DirectoryHeaderSizeInBytes..]);
        directory = directory[(DirectoryHeaderSizeInBytes + name.Length)..];
    }

    /// <summary>What an entry's two headers have in common: flags, checksum, the size twice and the lengths of name and padding.</summary>
    private static void Shared(Span<byte> header, int nameLength, int paddingLength, int size, uint checksum)
    {
        UInt16(header, 2, Utf8Flag);
        BinaryPrimitives.WriteUInt32LittleEndian(header[10..], checksum);
        BinaryPrimitives.WriteInt32LittleEndian(header[14..], size);
        BinaryPrimitives.WriteInt32LittleEndian(header[18..], size);
        UInt16(header, 22, (ushort)nameLength);
        UInt16(header, 24, (ushort)paddingLength);
    }

    private static void WriteEnd(Span<byte> end, ushort count, uint directoryStart, uint directorySize)
    {
        "PK\x05\x06"u8.CopyTo(end);
        UInt16(end, 8, count);
        UInt16(end, 10, count);
        BinaryPrimitives.WriteUInt32LittleEndian(end[12..], directorySize);
        BinaryPrimitives.WriteUInt32LittleEndian(end[16..], directoryStart);
    }

    private static void UInt16(Span<byte> bytes, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes[offset..], value);
}
