using System.Buffers.Binary;

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
