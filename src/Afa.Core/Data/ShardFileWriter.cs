using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Afa.Data;

/// <summary>Writes a shard file image by image. Until <see cref="Complete"/> it is not a valid one.</summary>
internal sealed class ShardFileWriter : IDisposable
{
    private const int ChunkSize = 1 << 18;
    private const int BufferSize = 1 << 16;

    private readonly FileStream _file;
    private readonly byte[] _header;
    private readonly byte[] _labels;
    private readonly int[] _sampleIds;
    private readonly byte[] _checksums;
    private readonly ShardFileHeader _description;
    private readonly XxHash128 _chunk = new();
    private int _count;

    /// <param name="path">A new file.</param>
    /// <param name="labels">Class of each image that will follow. Not copied.</param>
    /// <param name="sampleIds">What each image is called. Not copied.</param>
    /// <exception cref="IOException">The file exists or cannot be written.</exception>
    public ShardFileWriter(string path, ShardFileHeader header, byte[] labels, int[] sampleIds)
    {
        _description = header;
        _header = header.Write();
        _ = ShardFileHeader.Read(_header, path);   // What could not be read again is refused now.
        _labels = labels;
        _sampleIds = sampleIds;
        _checksums = new byte[header.Chunks() * ShardFileLayout.HashLength];
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferSize);
        _file.Position = ShardFileLayout.Of(header, _header.Length).Pixels;
    }

    /// <summary>Images to a checksum: about a quarter of a MiB, which is verified in a fraction of a millisecond when one of them is first used.</summary>
    public static int ImagesPerChunk(int imageSize, int count) => Math.Clamp(ChunkSize / imageSize, 1, count);

    /// <summary>Writes the next image: uint8, [channel, height, width].</summary>
    public void Append(ReadOnlySpan<byte> image)
    {
        _file.Write(image);
        _chunk.Append(image);
        _count++;
        if (_count % _description.ImagesPerChunk == 0 || _count == _description.Count)
        {
            var chunk = (_count - 1) / _description.ImagesPerChunk;
            _chunk.GetHashAndReset(_checksums.AsSpan(chunk * ShardFileLayout.HashLength));
        }
    }

    /// <summary>Writes what stands before the pixels and waits until the disk has all of it.</summary>
    /// <exception cref="InvalidOperationException">Images are missing.</exception>
    public void Complete()
    {
        if (_count != _description.Count)
        {
            throw new InvalidOperationException($"{_file.Name} was to hold {_description.Count} images, but {_count} were written.");
        }

        Span<byte> prelude = stackalloc byte[ShardFileLayout.PreludeLength];
        ShardFileLayout.Magic.CopyTo(prelude);
        BinaryPrimitives.WriteInt32LittleEndian(prelude[8..], ShardFileLayout.Version);
        BinaryPrimitives.WriteInt32LittleEndian(prelude[12..], _header.Length);
        XxHash128.Hash(_header, prelude[16..]);
        ShardFile.HashTables(_labels, _sampleIds, _checksums).CopyTo(prelude[32..]);
        _file.Position = 0;
        _file.Write(prelude);
        _file.Write(_header);
        _file.Position = ShardFileLayout.Of(_description, _header.Length).Labels;
        _file.Write(_labels);
        _file.Write(MemoryMarshal.AsBytes(_sampleIds.AsSpan()));
        _file.Write(_checksums);
        _file.Flush(flushToDisk: true);
    }

    public void Dispose() => _file.Dispose();
}
