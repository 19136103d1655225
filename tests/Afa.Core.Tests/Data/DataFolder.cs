using System.Buffers.Binary;
using System.IO.Compression;
using Afa.Data;

namespace Afa.Tests.Data;

/// <summary>A folder for small data files, deleted at the end of a test.</summary>
internal sealed class DataFolder : IDisposable
{
    public DataFolder() => Path = Directory.CreateTempSubdirectory("afa-data-").FullName;

    public string Path { get; }

    public string Write(string name, byte[] content)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>An idx file of unsigned bytes whose value i is i modulo <paramref name="modulus"/>.</summary>
    public static byte[] Idx(int modulus, params int[] shape)
    {
        var header = new byte[4 + (4 * shape.Length)];
        BinaryPrimitives.WriteInt32BigEndian(header, 0x0800 + shape.Length);
        for (var axis = 0; axis < shape.Length; axis++)
        {
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + (4 * axis)), shape[axis]);
        }

        return [.. header, .. Ramp(shape.Aggregate(1, (product, size) => product * size), modulus)];
    }

    /// <summary>CIFAR records: record i has the label <c>i % classes</c> and the pixel values i, i + 1, ...</summary>
    public static byte[] Cifar(int count, bool hasCoarseLabel = false, int classes = 10) =>
    [
        .. Enumerable.Range(0, count).SelectMany(i =>
            (hasCoarseLabel ? new byte[] { 19 } : []).Append((byte)(i % classes)).Concat(Ramp(3072 + i, 256).Skip(i))),
    ];

    public static byte[] Gzip(byte[] content)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    /// <summary>A data set of <paramref name="count"/> images in which pixel j of image i is i + j, and its label i modulo 10.</summary>
    public static ImageDataset Dataset(int count)
    {
        var description = DatasetRegistry.Get("fashion-mnist");
        var pixels = Enumerable.Range(0, count).SelectMany(i => Ramp(description.ImageSize + i, 256).Skip(i)).ToArray();
        return new ImageDataset(description, DataSplit.Train, pixels, Ramp(count, 10));
    }

    private static byte[] Ramp(int count, int modulus) => [.. Enumerable.Range(0, count).Select(i => (byte)(i % modulus))];
}
