using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;

namespace Afa.Data;

/// <summary>
/// A file of images as NumPy's <c>savez</c> writes it, in the layout of generated data (Wang et al. 2023, arXiv:2302.04638): the array
/// <c>image</c>, uint8 [image, height, width, channel] (without the last axis: gray), and <c>label</c>, integers [image].
/// </summary>
/// <remarks>Only directory, headers and labels are read when it is opened. Memory for labels is taken as they arrive.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "Shared by all who read its images; the handle closes the file when nobody does any more.")]
internal sealed class NpzFile
{
    private const string ImagesName = "image.npy";
    private const string LabelsName = "label.npy";
    private const int BufferSize = 1 << 14;

    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly ZipEntry _images;
    private readonly long _firstImage;

    private NpzFile(SafeFileHandle file, string path)
    {
        _file = file;
        _path = path;
        var entries = ZipDirectory.Read(file, path);
        _images = Find(entries, ImagesName);
        using (var content = Open(_images))
        {
            var header = NpyHeader.Read(content, $"{path}, array 'image'");
            (Count, Height, Width, Channels) = CheckImages(header);
            _firstImage = header.Length;
        }

        Labels = ReadLabels(Find(entries, LabelsName));
    }

    public int Count { get; }

    public int Channels { get; }

    public int Height { get; }

    public int Width { get; }

    /// <summary>Class of each image.</summary>
    public byte[] Labels { get; }

    public int ImageSize => Channels * Height * Width;

    /// <summary>Whether single images can be read: not from the arrays of <c>savez_compressed</c>.</summary>
    public bool IsPacked => _images.IsPacked;

    /// <exception cref="InvalidDataException">The file is not such a file or is damaged.</exception>
    public static NpzFile Open(string path)
    {
        var file = File.OpenHandle(path);
        try
        {
            return new NpzFile(file, path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Images in any order, read one by one. They are not compared with the file's checksum, which is one for all of them.</summary>
    /// <exception cref="InvalidDataException">The images are packed.</exception>
    public PixelRows AnyOrder() => !IsPacked
        ? new Rows(this)
        : throw new InvalidDataException(
            $"{_path} was written by numpy.savez_compressed, so single images cannot be read from it. Convert it once: afa data convert {_path} FOLDER   (then name that folder)");

    /// <summary>Images from the first to the last, once. After the last one, all are compared with the file's checksum.</summary>
    public PixelRows InOrder() => new Sequence(this);

    private ZipEntry Find(IReadOnlyList<ZipEntry> entries, string name) =>
        entries.FirstOrDefault(entry => entry.Name == name) ?? throw new InvalidDataException(
            $"{_path} must have the arrays 'image' and 'label'; it has {(entries.Count == 0 ? "none" : string.Join(", ", entries.Take(10).Select(entry => $"'{PrintableText.Of(Path.GetFileNameWithoutExtension(entry.Name), maxLength: 100)}'")))}.");

    private Stream Open(ZipEntry entry)
    {
        var section = new FileSection(_file, entry.Start, entry.PackedLength);
        return entry.IsPacked ? new DeflateStream(section, CompressionMode.Decompress) : section;
    }

    private (int Count, int Height, int Width, int Channels) CheckImages(NpyHeader header)
    {
        var shape = header.Shape;
        if (header.Type is not ("|u1" or "<u1" or ">u1") || shape.Count is not (3 or 4))
        {
            throw new InvalidDataException($"{_path}: the array 'image' must be uint8 [image, height, width, channel], not '{PrintableText.Of(header.Type)}' [{string.Join(", ", shape)}].");
        }

        var channels = shape.Count == 4 ? shape[3] : 1;
        if (shape[0] is < 1 or > int.MaxValue || shape[1] is < 1 or > ShardFileHeader.MaximumSide || shape[2] is < 1 or > ShardFileHeader.MaximumSide || channels is not (1 or 3))
        {
            throw new InvalidDataException($"{_path}: the array 'image' must hold images of 1 or 3 channels with sides up to {ShardFileHeader.MaximumSide}, not [{string.Join(", ", shape)}].");
        }

        var expected = header.Length + (shape[0] * shape[1] * shape[2] * channels);
        return _images.Length == expected
            ? ((int)shape[0], (int)shape[1], (int)shape[2], (int)channels)
            : throw new InvalidDataException($"{_path}: the array 'image' must have {expected} bytes for its shape [{string.Join(", ", shape)}], not {_images.Length}.");
    }

    private byte[] ReadLabels(ZipEntry entry)
    {
        var name = $"{_path}, array 'label'";
        NpyHeader header;
        using (var start = Open(entry))
        {
            header = NpyHeader.Read(start, name);
        }

        if (header.Shape.Count != 1 || header.Shape[0] != Count)
        {
            throw new InvalidDataException($"{name} must have the shape [{Count}], one for each image, not [{string.Join(", ", header.Shape)}].");
        }

        var type = NpyInteger.Of(header.Type, name);
        if (entry.Length != header.Length + ((long)Count * type.Size))
        {
            throw new InvalidDataException($"{name} must have {header.Length + ((long)Count * type.Size)} bytes for its shape, not {entry.Length}.");
        }

        using var content = Open(entry);
        var crc = new Crc32();
        Take(content, new byte[header.Length], crc, name);

        // A packed array may claim far more than it holds, so its memory grows with what has come.
        var labels = new byte[Math.Min(Count, entry.IsPacked ? BufferSize : Count)];
        var buffer = new byte[BufferSize];
        for (var read = 0; read < Count;)
        {
            var piece = buffer.AsSpan(0, Math.Min(BufferSize / type.Size, Count - read) * type.Size);
            Take(content, piece, crc, name);
            if (read + (piece.Length / type.Size) > labels.Length)
            {
                Array.Resize(ref labels, (int)Math.Min(Count, 2L * labels.Length));
            }

            for (; piece.Length > 0; piece = piece[type.Size..])
            {
                var label = type.Read(piece);
                labels[read++] = label is >= 0 and < ShardFileHeader.MaximumClasses
                    ? (byte)label
                    : throw new InvalidDataException($"{name}: label {read - 1} must be in [0, {ShardFileHeader.MaximumClasses - 1}], not {label}.");
            }
        }

        return crc.GetCurrentHashAsUInt32() == entry.Crc32
            ? labels
            : throw new InvalidDataException($"{name} is damaged: it does not have the checksum that was written.");
    }

    private static void Take(Stream content, Span<byte> target, Crc32 crc, string name)
    {
        DatasetStream.Fill(content, target, name);
        crc.Append(target);
    }

    /// <summary>[height, width, channel] → [channel, height, width].</summary>
    private void ToPlanes(ReadOnlySpan<byte> interleaved, Span<byte> planes)
    {
        if (Channels == 1)
        {
            interleaved.CopyTo(planes);
            return;
        }

        var size = Height * Width;
        for (var i = 0; i < size; i++)
        {
            planes[i] = interleaved[3 * i];
            planes[size + i] = interleaved[(3 * i) + 1];
            planes[(2 * size) + i] = interleaved[(3 * i) + 2];
        }
    }

    private sealed class Rows(NpzFile file) : PixelRows
    {
        public override int Count => file.Count;

        public override void Read(int index, Span<byte> target)
        {
            var image = new byte[file.ImageSize];
            using var section = new FileSection(file._file, file._images.Start + file._firstImage + ((long)index * image.Length), image.Length);
            DatasetStream.Fill(section, image, file._path);
            file.ToPlanes(image, target);
        }
    }

    private sealed class Sequence : PixelRows
    {
        private readonly NpzFile _npz;
        private readonly Stream _content;
        private readonly Crc32 _crc = new();
        private readonly byte[] _image;
        private int _next;

        public Sequence(NpzFile npz)
        {
            _npz = npz;
            _content = npz.Open(npz._images);
            _image = new byte[npz.ImageSize];
            Take(_content, new byte[npz._firstImage], _crc, npz._path);
        }

        public override int Count => _npz.Count;

        public override void Read(int index, Span<byte> target)
        {
            if (index != _next)
            {
                throw new InvalidOperationException($"The next image is {_next}, not {index}.");
            }

            Take(_content, _image, _crc, _npz._path);
            _npz.ToPlanes(_image, target);
            _next++;
            if (_next == Count && _crc.GetCurrentHashAsUInt32() != _npz._images.Crc32)
            {
                throw new InvalidDataException($"{_npz._path} is damaged: the array 'image' does not have the checksum that was written.");
            }
        }
    }
}
