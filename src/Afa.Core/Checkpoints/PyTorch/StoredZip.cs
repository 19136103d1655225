using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.Unicode;

namespace Afa.Checkpoints.PyTorch;

/// <summary>The entries of a zip file (PKWARE APPNOTE 6.3), each a slice of the file, as torch.save stores them uncompressed.</summary>
/// <remarks>
/// Not read by System.IO.Compression.ZipArchive, which takes 490 bytes of memory for each 47 bytes of a directory (measured, .NET 10) before the
/// entries can be counted, copies what it reads, and compares no checksum. Compressed and encrypted entries, files in parts and zip64, which begins
/// at 4 GiB, are refused.
/// </remarks>
internal sealed class StoredZip
{
    private const uint EndSignature = 0x06054b50;
    private const uint DirectorySignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;
    private const int EndSizeInBytes = 22;
    private const int DirectoryHeaderSizeInBytes = 46;
    private const int LocalHeaderSizeInBytes = 30;
    private const int EncryptedFlag = 1;

    private readonly Dictionary<string, Entry> _entries = [];
    private readonly HashSet<string> _verified = [];

    /// <param name="file">The whole file. The contents refer to it.</param>
    /// <exception cref="FormatException">The directory is damaged, or uses what is not supported.</exception>
    public StoredZip(ReadOnlyMemory<byte> file)
    {
        var directory = Directory(file.Span, out var start, out var count);
        var total = 0L;
        for (var i = 0; i < count; i++)
        {
            var name = ReadEntry(file, start, ref directory);
            total += _entries[name].Content.Length;
        }

        // Without overlap, the checksums of all entries take no longer than one pass over the file.
        if (total > file.Length)
        {
            throw new FormatException($"its {count} entries have {total} bytes together, more than the {file.Length} of the file, so they overlap.");
        }
    }

    private readonly record struct Entry(ReadOnlyMemory<byte> Content, uint Checksum);

    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>Returns the content of an entry, whose checksum is right, or null if there is none of this name.</summary>
    /// <exception cref="FormatException">The content is not as it was written.</exception>
    public ReadOnlyMemory<byte>? Find(string name)
    {
        if (!_entries.TryGetValue(name, out var entry))
        {
            return null;
        }

        if (_verified.Add(name) && Crc32.HashToUInt32(entry.Content.Span) != entry.Checksum)
        {
            throw new FormatException(
                $"its entry '{name}' does not have the stored CRC-32 {entry.Checksum:x8}. Copy the file again; if torch.save wrote no checksums " +
                "(torch.serialization.set_crc32_options(False)), save it with them.");
        }

        return entry.Content;
    }

    /// <summary>Finds the directory through the record at the file's end, which may have a comment behind it.</summary>
    private static ReadOnlySpan<byte> Directory(ReadOnlySpan<byte> file, out int start, out int count)
    {
        var end = file.Length - EndSizeInBytes;
        while (end >= 0 && !IsEnd(file[end..]))
        {
            end = file.Length - end - EndSizeInBytes == ushort.MaxValue ? -1 : end - 1;
        }

        if (end < 0)
        {
            throw new FormatException("it starts like a zip file, but the directory at its end is missing: it is cut short or damaged. Copy it again.");
        }

        var record = file[end..];
        count = UInt16(record, 10);
        var (size, offset) = ((long)UInt32(record, 12), (long)UInt32(record, 16));
        if (count == ushort.MaxValue || offset == uint.MaxValue || UInt32(record, 4) != 0 || UInt16(record, 8) != count)
        {
            throw new FormatException("its zip directory is in parts, or of a file of 4 GiB or more, which is not supported.");
        }

        if (offset + size > end)
        {
            throw new FormatException($"its zip directory takes bytes {offset} to {offset + size}, but it must end before {end}.");
        }

        start = (int)offset;
        return file.Slice(start, (int)size);
    }

    private static bool IsEnd(ReadOnlySpan<byte> record) => UInt32(record, 0) == EndSignature && EndSizeInBytes + UInt16(record, 20) == record.Length;

    /// <summary>Takes one entry off the directory and returns its name.</summary>
    private string ReadEntry(ReadOnlyMemory<byte> file, int directoryStart, ref ReadOnlySpan<byte> directory)
    {
        if (directory.Length < DirectoryHeaderSizeInBytes || UInt32(directory, 0) != DirectorySignature)
        {
            throw new FormatException($"its zip directory is damaged after {_entries.Count} entries.");
        }

        var header = directory;
        var nameLength = UInt16(header, 28);
        var length = DirectoryHeaderSizeInBytes + nameLength + UInt16(header, 30) + UInt16(header, 32);
        if (length > directory.Length)
        {
            throw new FormatException($"its zip directory is damaged after {_entries.Count} entries.");
        }

        directory = directory[length..];
        var nameBytes = header.Slice(DirectoryHeaderSizeInBytes, nameLength);
        var name = Utf8.IsValid(nameBytes) ? Encoding.UTF8.GetString(nameBytes) : throw new FormatException("the name of an entry is not UTF-8.");
        var size = UInt32(header, 24);
        if (UInt16(header, 10) != 0 || UInt32(header, 20) != size || (UInt16(header, 8) & EncryptedFlag) != 0)
        {
            throw new FormatException($"its entry '{name}' is compressed or encrypted; torch.save stores entries as they are. Unpack it and pack it again with 'zip -0 -r'.");
        }

        var content = Content(file[..directoryStart], UInt32(header, 42), size, nameBytes, name);
        return _entries.TryAdd(name, new(content, UInt32(header, 16))) ? name : throw new FormatException($"it has two entries '{name}'.");
    }

    private static ReadOnlyMemory<byte> Content(ReadOnlyMemory<byte> entries, uint offset, uint size, ReadOnlySpan<byte> nameBytes, string name)
    {
        if (offset <= entries.Length - LocalHeaderSizeInBytes && UInt32(entries.Span, (int)offset) == LocalSignature)
        {
            var local = entries[(int)offset..];
            var nameLength = UInt16(local.Span, 26);
            var start = LocalHeaderSizeInBytes + nameLength + UInt16(local.Span, 28);
            if (start + (long)size <= local.Length && local.Span.Slice(LocalHeaderSizeInBytes, nameLength).SequenceEqual(nameBytes))
            {
                return local.Slice(start, (int)size);
            }
        }

        throw new FormatException($"its entry '{name}' of {size} bytes is not at byte {offset}, where the zip directory has it.");
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static uint UInt32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}
