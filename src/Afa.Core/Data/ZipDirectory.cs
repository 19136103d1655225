using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Afa.Data;

/// <summary>Finds the files in a zip file, of which nothing is trusted: PKWARE's APPNOTE 6.3.10, with the 64-bit extension.</summary>
/// <remarks>The framework's reader does not say where an entry's bytes lie, which is what reading single rows of a large array needs.</remarks>
internal static class ZipDirectory
{
    private const uint EndSignature = 0x06054B50;
    private const uint End64Signature = 0x06064B50;
    private const uint Locator64Signature = 0x07064B50;
    private const uint EntrySignature = 0x02014B50;
    private const uint LocalSignature = 0x04034B50;

    private const int EndLength = 22;
    private const int End64Length = 56;
    private const int Locator64Length = 20;
    private const int EntryLength = 46;
    private const int LocalLength = 30;
    private const int MaximumEntries = 1000;
    private const int MaximumDirectoryLength = 1 << 20;
    private const int ExtensionTag64 = 1;

    // No deflated byte stands for more than 1032: a match of 258 bytes takes at least two bits.
    private const int MaximumExpansion = 1032;

    /// <summary>Lists the entries.</summary>
    /// <exception cref="InvalidDataException">The file is no zip file, is damaged, or uses what is not supported.</exception>
    public static IReadOnlyList<ZipEntry> Read(SafeFileHandle file, string path)
    {
        var length = RandomAccess.GetLength(file);
        var (count, start, size) = FindDirectory(file, length, path);
        if (count > MaximumEntries || size > MaximumDirectoryLength || start > length || size > length - start || count * EntryLength > size)
        {
            throw Damaged(path, $"its directory has {count} entries in {size} bytes at {start}, in a file of {length}");
        }

        var directory = ReadAt(file, start, (int)size, path);
        var entries = new List<ZipEntry>((int)count);
        var names = new HashSet<string>();
        var position = 0;
        for (var i = 0; i < count; i++)
        {
            var entry = ReadEntry(file, directory, ref position, start, path);
            if (!names.Add(entry.Name))
            {
                // Readers differ in which of them they take.
                throw Damaged(path, $"it has two entries '{PrintableText.Of(entry.Name, maxLength: 100)}'");
            }

            entries.Add(entry);
        }

        return entries;
    }

    private static (long Count, long Start, long Size) FindDirectory(SafeFileHandle file, long length, string path)
    {
        var tail = ReadAt(file, length - Math.Min(length, EndLength + ushort.MaxValue), (int)Math.Min(length, EndLength + ushort.MaxValue), path);
        for (var at = tail.Length - EndLength; at >= 0; at--)
        {
            var end = tail.AsSpan(at);
            if (BinaryPrimitives.ReadUInt32LittleEndian(end) != EndSignature || EndLength + BinaryPrimitives.ReadUInt16LittleEndian(end[20..]) != end.Length)
            {
                continue;
            }

            var found = (
                (long)BinaryPrimitives.ReadUInt16LittleEndian(end[10..]),
                (long)BinaryPrimitives.ReadUInt32LittleEndian(end[16..]),
                (long)BinaryPrimitives.ReadUInt32LittleEndian(end[12..]));
            return at >= Locator64Length && BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at - Locator64Length)) == Locator64Signature
                ? FindDirectory64(file, tail.AsSpan(at - Locator64Length), length, path)
                : found;
        }

        throw new InvalidDataException($"{path} is no .npz file, or is truncated: a zip file ends with its directory.");
    }

    private static (long Count, long Start, long Size) FindDirectory64(SafeFileHandle file, ReadOnlySpan<byte> locator, long length, string path)
    {
        var position = BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]);
        if (position > (ulong)Math.Max(0, length - End64Length))
        {
            throw Damaged(path, $"its directory's end cannot be at {position}");
        }

        var end = ReadAt(file, (long)position, End64Length, path);
        if (BinaryPrimitives.ReadUInt32LittleEndian(end) != End64Signature)
        {
            throw Damaged(path, "the 64-bit end of its directory is not where it should be");
        }

        return (Bounded(end, 32), Bounded(end, 48), Bounded(end, 40));
    }

    private static ZipEntry ReadEntry(SafeFileHandle file, byte[] directory, ref int position, long directoryStart, string path)
    {
        var header = directory.AsSpan(position);
        if (header.Length < EntryLength || BinaryPrimitives.ReadUInt32LittleEndian(header) != EntrySignature)
        {
            throw Damaged(path, "an entry of its directory is not one");
        }

        var flags = BinaryPrimitives.ReadUInt16LittleEndian(header[8..]);
        var method = BinaryPrimitives.ReadUInt16LittleEndian(header[10..]);
        var crc = BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
        long packedLength = BinaryPrimitives.ReadUInt32LittleEndian(header[20..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(header[24..]);
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header[30..]);
        int commentLength = BinaryPrimitives.ReadUInt16LittleEndian(header[32..]);
        long local = BinaryPrimitives.ReadUInt32LittleEndian(header[42..]);
        var total = EntryLength + nameLength + extraLength + commentLength;
        if (total > header.Length)
        {
            throw Damaged(path, "an entry goes beyond the end of its directory");
        }

        var name = Encoding.UTF8.GetString(header.Slice(EntryLength, nameLength));
        var shown = PrintableText.Of(name, maxLength: 100);
        Extend(header.Slice(EntryLength + nameLength, extraLength), ref length, ref packedLength, ref local);
        position += total;
        if ((flags & 1) != 0 || method is not (0 or 8))
        {
            throw new InvalidDataException($"{path}: its entry '{shown}' is encrypted or packed by method {method}; numpy.savez stores arrays as they are, savez_compressed deflates them.");
        }

        // The local header repeats name and extra fields, and only it says how long they are there.
        if (local > directoryStart - LocalLength)
        {
            throw Damaged(path, $"its entry '{shown}' cannot begin at {local}");
        }

        var repeated = ReadAt(file, local, LocalLength, path);
        var start = local + LocalLength + BinaryPrimitives.ReadUInt16LittleEndian(repeated.AsSpan(26)) + BinaryPrimitives.ReadUInt16LittleEndian(repeated.AsSpan(28));
        var isPacked = method == 8;
        if (BinaryPrimitives.ReadUInt32LittleEndian(repeated) != LocalSignature
            || start > directoryStart || packedLength > directoryStart - start
            || (isPacked ? length / MaximumExpansion > packedLength : length != packedLength))
        {
            throw Damaged(path, $"its entry '{shown}' cannot have {length} bytes in {packedLength} at {start}");
        }

        return new ZipEntry(name, start, packedLength, length, isPacked, crc);
    }

    /// <summary>Takes the numbers that do not fit 32 bits from the extra field, in which they stand in this order.</summary>
    private static void Extend(ReadOnlySpan<byte> extra, ref long length, ref long packedLength, ref long local)
    {
        while (extra.Length >= 4)
        {
            var tag = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            var field = extra[4..][..Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]), extra.Length - 4)];
            extra = extra[(4 + field.Length)..];
            if (tag != ExtensionTag64)
            {
                continue;
            }

            TakeIfLong(ref length, ref field);
            TakeIfLong(ref packedLength, ref field);
            TakeIfLong(ref local, ref field);
        }
    }

    private static void TakeIfLong(ref long value, ref ReadOnlySpan<byte> field)
    {
        if (value == uint.MaxValue && field.Length >= sizeof(ulong))
        {
            value = Bounded(field, 0);
            field = field[sizeof(ulong)..];
        }
    }

    /// <summary>A 64-bit number; one that no file reaches stays one that no file reaches.</summary>
    private static long Bounded(ReadOnlySpan<byte> bytes, int position) =>
        (long)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(bytes[position..]), long.MaxValue / 2);

    private static byte[] ReadAt(SafeFileHandle file, long position, int length, string path)
    {
        var bytes = new byte[length];
        using var section = new FileSection(file, position, length);
        DatasetStream.Fill(section, bytes, path);
        return bytes;
    }

    private static InvalidDataException Damaged(string path, string reason) => new($"{path} is a damaged zip file: {reason}.");
}
