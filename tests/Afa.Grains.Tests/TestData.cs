using System.Buffers.Binary;
using System.IO.Compression;
using Afa.Evaluation;

namespace Afa.Tests.Grains;

/// <summary>A tiny data set in the files of Fashion-MNIST: each class is a bright bar at its own height, with noise.</summary>
internal static class TestData
{
    public static string Write(int trainImages, int testImages)
    {
        var folder = Directory.CreateTempSubdirectory("afa-data-").FullName;
        WriteSplit(folder, "train", trainImages, seed: 1);
        WriteSplit(folder, "t10k", testImages, seed: 2);
        return folder;
    }

    /// <summary>Writes generated images that look like the others, as an .npz file in a folder of its own.</summary>
    public static string WriteGenerated(int count, int side = 28)
    {
        var random = new Random(3);
        var images = new byte[count * side * side];
        random.NextBytes(images);
        int[] labels = [.. Enumerable.Range(0, count).Select(i => i % 10)];
        var path = Path.Combine(Directory.CreateTempSubdirectory("afa-data-").FullName, "generated.npz");
        using var packed = new MemoryStream();
        using (var npz = new NpzWriter(packed))
        {
            npz.Write("image", images, count, side, side, 1);
            npz.Write("label", labels, count);
        }

        // As numpy.savez writes it: not packed.
        using var stored = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        using var source = new ZipArchive(packed);
        foreach (var entry in source.Entries)
        {
            using var from = entry.Open();
            using var to = stored.CreateEntry(entry.FullName, CompressionLevel.NoCompression).Open();
            from.CopyTo(to);
        }

        return path;
    }

    private static void WriteSplit(string folder, string prefix, int count, int seed)
    {
        var random = new Random(seed);
        var images = new byte[16 + count * 784];
        var labels = new byte[8 + count];
        Header(images, 0x803, count, 28, 28);
        Header(labels, 0x801, count);
        for (var i = 0; i < count; i++)
        {
            var label = (byte)(i % 10);
            labels[8 + i] = label;
            var pixels = images.AsSpan(16 + i * 784, 784);
            random.NextBytes(pixels);
            foreach (ref var pixel in pixels)
            {
                pixel /= 2;
            }

            pixels.Slice((4 + 2 * label) * 28, 56).Fill(250);
        }

        File.WriteAllBytes(Path.Combine(folder, $"{prefix}-images-idx3-ubyte"), images);
        File.WriteAllBytes(Path.Combine(folder, $"{prefix}-labels-idx1-ubyte"), labels);
    }

    private static void Header(byte[] file, params ReadOnlySpan<int> numbers)
    {
        for (var i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4 * i), numbers[i]);
        }
    }
}
