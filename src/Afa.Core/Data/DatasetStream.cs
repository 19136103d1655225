using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Afa.Data;

/// <summary>Reads files of which nothing is trusted. Every failure of the content is an <see cref="InvalidDataException"/> that names the file.</summary>
internal static class DatasetStream
{
    private const int UnpackedBlockSize = 1 << 16;

    /// <summary>Opens a file for reading and unpacks it on the way if it starts like a gzip file, whatever its name.</summary>
    public static Stream Open(string path)
    {
        var file = File.OpenRead(path);
        var isGzip = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        return isGzip ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>Fills the whole target.</summary>
    public static void Fill(Stream content, Span<byte> target, string path)
    {
        try
        {
            content.ReadExactly(target);
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDataException($"{path} is truncated: it ends before the data that its header or length announces.", exception);
        }
        catch (InvalidDataException exception)
        {
            throw CannotUnpack(path, exception);
        }
    }

    /// <summary>Reads so many bytes. Memory is taken for what is there, whatever a header announces.</summary>
    /// <param name="position">Bytes of the content that were read before.</param>
    public static byte[] ReadBytes(Stream content, long position, int length, string path)
    {
        if (content is not GZipStream)
        {
            if (content.Length - position < length)
            {
                throw new InvalidDataException($"{path} is truncated: it ends before the data that its header or length announces.");
            }

            var bytes = new byte[length];
            Fill(content, bytes, path);
            return bytes;
        }

        var blocks = new List<byte[]>();
        for (var left = length; left > 0; left -= blocks[^1].Length)
        {
            blocks.Add(new byte[Math.Min(left, UnpackedBlockSize)]);
            Fill(content, blocks[^1], path);
        }

        return Arrays.Join(blocks);
    }

    /// <summary>Checks that nothing follows, and for a gzip file that its checksum is that of what was read.</summary>
    /// <param name="content">The opened file, read up to where it should end.</param>
    /// <param name="header">The first bytes that were read.</param>
    /// <param name="items">All others.</param>
    /// <param name="path">The file.</param>
    public static void RequireEnd(Stream content, ReadOnlySpan<byte> header, ReadOnlySpan<byte> items, string path)
    {
        int next;
        try
        {
            next = content.ReadByte();
        }
        catch (InvalidDataException exception)
        {
            throw CannotUnpack(path, exception);
        }

        if (next >= 0)
        {
            throw new InvalidDataException($"{path} has bytes after the data that its header announces.");
        }

        if (content is GZipStream gzip)
        {
            RequireGzipTrailer(gzip.BaseStream, header, items, path);
        }
    }

    /// <summary>Checks that each label is the number of a class.</summary>
    public static void RequireLabelsBelow(int classes, ReadOnlySpan<byte> labels, string path)
    {
        var position = ClassLabels.IndexOfNoClass(labels, classes);
        if (position >= 0)
        {
            throw new InvalidDataException($"{path}: label {position} must be in [0, {classes - 1}], not {labels[position]}.");
        }
    }

    // GZipStream compares no checksum if the packed data does not end where it should, and accepts a file that is cut off inside its
    // trailer or goes on behind it. The trailer is the CRC-32 and the length of what was packed.
    private static void RequireGzipTrailer(Stream file, ReadOnlySpan<byte> header, ReadOnlySpan<byte> items, string path)
    {
        Span<byte> trailer = stackalloc byte[2 * sizeof(uint)];
        file.Seek(-trailer.Length, SeekOrigin.End);
        Fill(file, trailer, path);
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer[sizeof(uint)..]) != header.Length + items.Length)
        {
            throw new InvalidDataException($"{path} is not a valid gzip file: it does not end with its trailer, so it is truncated or has bytes after it.");
        }

        var crc = new Crc32();
        crc.Append(header);
        crc.Append(items);
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != crc.GetCurrentHashAsUInt32())
        {
            throw new InvalidDataException($"{path} is not a valid gzip file: what it unpacks to does not have the checksum that was written.");
        }
    }

    private static InvalidDataException CannotUnpack(string path, InvalidDataException exception) =>
        new($"{path} cannot be unpacked: {exception.Message}", exception);
}
