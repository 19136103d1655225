using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Afa.Data;

/// <summary>A file of images in this program's own format, mapped into memory: only what is used is ever read.</summary>
/// <remarks>
/// Header and tables are checked when the file is opened, a chunk of pixels when it is first touched. The checksums find damage, not
/// forgery. A file is published complete and never changed; one that is cut off while it is mapped ends the process.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Shared by all who read the data set; the handle unmaps the file when nobody does any more.")]
internal sealed class ShardFile : PixelRows
{
    private const int HashBufferSize = 1 << 16;

    private readonly string _path;
    private readonly MemoryMappedViewAccessor _view;
    private readonly ShardFileLayout _layout;
    private readonly byte[] _checksums;
    private readonly bool[] _isVerified;

    private ShardFile(string path, MemoryMappedViewAccessor view, ShardFileHeader header, ShardFileLayout layout, byte[] labels, int[] sampleIds, byte[] checksums)
    {
        _path = path;
        _view = view;
        _layout = layout;
        _checksums = checksums;
        _isVerified = new bool[header.Chunks()];
        Header = header;
        Labels = labels;
        SampleIds = sampleIds;
    }

    public ShardFileHeader Header { get; }

    public byte[] Labels { get; }

    public int[] SampleIds { get; }

    public override int Count => Header.Count;

    /// <summary>Reads only what a file says about itself.</summary>
    /// <exception cref="InvalidDataException">It is no shard file, or is damaged.</exception>
    public static ShardFileHeader ReadHeader(string path)
    {
        using var file = File.OpenHandle(path);
        return ReadPrelude(file, path).Header;
    }

    /// <summary>Maps a file.</summary>
    /// <exception cref="InvalidDataException">It is no shard file, or its header or tables are damaged.</exception>
    public static ShardFile Open(string path)
    {
        using var file = File.OpenHandle(path);
        var (header, headerLength, tablesHash) = ReadPrelude(file, path);
        var layout = ShardFileLayout.Of(header, headerLength);
        var length = RandomAccess.GetLength(file);
        if (length != layout.End)
        {
            throw new InvalidDataException(
                $"{path} must have {layout.End} bytes for {header.Count} images of [{header.Channels}, {header.Height}, {header.Width}], not {length}; it is truncated or damaged.");
        }

        // The counts fit the length of the file, so the tables are no larger than it is.
        var labels = new byte[header.Count];
        var sampleIds = new int[header.Count];
        var checksums = new byte[header.Chunks() * ShardFileLayout.HashLength];
        Fill(file, labels, layout.Labels, path);
        Fill(file, MemoryMarshal.AsBytes(sampleIds.AsSpan()), layout.SampleIds, path);
        Fill(file, checksums, layout.Checksums, path);
        if (!HashTables(labels, sampleIds, checksums).AsSpan().SequenceEqual(tablesHash))
        {
            throw new InvalidDataException($"{path} is damaged: its labels, sample ids or checksums are not those that were written. Convert the data set again.");
        }

        DatasetStream.RequireLabelsBelow(header.ClassNames.Count, labels, path);
        using var mapped = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        return new ShardFile(path, mapped.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read), header, layout, labels, sampleIds, checksums);
    }

    /// <summary>The hash of what lies between header and pixels.</summary>
    public static byte[] HashTables(ReadOnlySpan<byte> labels, ReadOnlySpan<int> sampleIds, ReadOnlySpan<byte> checksums)
    {
        var hash = new XxHash128();
        hash.Append(labels);
        hash.Append(MemoryMarshal.AsBytes(sampleIds));
        hash.Append(checksums);
        return hash.GetHashAndReset();
    }

    public override void Read(int index, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);

        var chunk = index / Header.ImagesPerChunk;
        if (!Volatile.Read(ref _isVerified[chunk]))
        {
            VerifyChunk(chunk);
            Volatile.Write(ref _isVerified[chunk], true);   // Two threads may both verify it, which is harmless.
        }

        _view.SafeMemoryMappedViewHandle.ReadSpan((ulong)(_layout.Pixels + ((long)index * Header.ImageSize())), target[..Header.ImageSize()]);
    }

    private void VerifyChunk(int chunk)
    {
        var first = (long)chunk * Header.ImagesPerChunk;
        var position = _layout.Pixels + (first * Header.ImageSize());
        var left = Math.Min(Header.ImagesPerChunk, Count - first) * Header.ImageSize();
        var hash = new XxHash128();
        var buffer = new byte[Math.Min(HashBufferSize, left)];
        while (left > 0)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, left));
            _view.SafeMemoryMappedViewHandle.ReadSpan((ulong)position, piece);
            hash.Append(piece);
            position += piece.Length;
            left -= piece.Length;
        }

        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(_checksums.AsSpan(chunk * ShardFileLayout.HashLength, ShardFileLayout.HashLength)))
        {
            throw new InvalidDataException(
                $"{_path} is damaged: images {first} to {first + Math.Min(Header.ImagesPerChunk, Count - first) - 1} do not have the checksum that was written. Convert the data set again.");
        }
    }

    private static (ShardFileHeader Header, int HeaderLength, byte[] TablesHash) ReadPrelude(SafeFileHandle file, string path)
    {
        Span<byte> prelude = stackalloc byte[ShardFileLayout.PreludeLength];
        Fill(file, prelude, 0, path);
        if (!prelude[..8].SequenceEqual(ShardFileLayout.Magic))
        {
            throw new InvalidDataException($"{path} is no shard file: it does not start like one. 'afa data convert' writes them.");
        }

        var version = BinaryPrimitives.ReadUInt32LittleEndian(prelude[8..]);
        if (version != ShardFileLayout.Version)
        {
            throw new InvalidDataException($"{path} must have the version {ShardFileLayout.Version}, not {version}; another version of this program wrote it, or it is damaged. Convert the data set again.");
        }

        var headerLength = BinaryPrimitives.ReadUInt32LittleEndian(prelude[12..]);
        if (headerLength > Math.Min(ShardFileLayout.MaximumHeaderLength, RandomAccess.GetLength(file) - prelude.Length))
        {
            throw new InvalidDataException($"{path} is damaged: its header cannot have {headerLength} bytes.");
        }

        var json = new byte[headerLength];
        Fill(file, json, prelude.Length, path);
        Span<byte> hash = stackalloc byte[ShardFileLayout.HashLength];
        XxHash128.Hash(json, hash);
        return hash.SequenceEqual(prelude.Slice(16, hash.Length))
            ? (ShardFileHeader.Read(json, path), json.Length, prelude[32..].ToArray())
            : throw new InvalidDataException($"{path} is damaged: its header does not have the checksum that was written. Convert the data set again.");
    }

    private static void Fill(SafeFileHandle file, Span<byte> target, long position, string path)
    {
        while (target.Length > 0)
        {
            var count = RandomAccess.Read(file, target, position);
            if (count == 0)
            {
                throw new InvalidDataException($"{path} is truncated: it ends before the data that its header announces.");
            }

            target = target[count..];
            position += count;
        }
    }
}
