using System.Buffers.Binary;
using System.IO.Hashing;
using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

/// <summary>Whatever a file holds, it loads as what it says or is refused by <see cref="InvalidDataException"/>, in memory in proportion to its size.</summary>
public sealed class MutatedFileTests : IDisposable
{
    // Readers' buffers, messages and stack traces; the files are several times larger.
    private const long ConstantMemory = 64 << 10;

    private static readonly int Mutations = Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1" ? 10_000 : 300;

    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReadImages_Idx_LoadsTheFilesBytesOrRefuses() => Check(
        DataFolder.Idx(251, 200, 28, 28), hot: [(0, 16)], (path, content) => Assert.Equal(content[16..], IdxReader.ReadImages(path, 28, 28, 60_000)));

    [Fact]
    public void ReadImages_GzippedIdx_LoadsTheOriginalOrRefuses()
    {
        var images = Noise(16 + (300 * 784));
        new byte[] { 0, 0, 8, 3, 0, 0, 1, 44, 0, 0, 0, 28, 0, 0, 0, 28 }.CopyTo(images, 0);
        var packed = DataFolder.Gzip(images);
        Check(packed, hot: [(0, 40), (packed.Length - 20, packed.Length)], (path, _) => Assert.Equal(images[16..], IdxReader.ReadImages(path, 28, 28, 60_000)));
    }

    [Fact]
    public void ReadLabels_Idx_LoadsTheFilesBytesOrRefuses() => Check(
        DataFolder.Idx(10, 150_000), hot: [(0, 8)], (path, content) => Assert.Equal(content[8..], IdxReader.ReadLabels(path, 10, 200_000)));

    [Fact]
    public void Read_Cifar10_LoadsTheFilesBytesOrRefuses() => Check(
        DataFolder.Cifar(40), hot: [(0, 1), (3073, 3074)], (path, content) =>
        {
            var (pixels, labels) = CifarReader.Read(path, 1, 3072, 10, 10_000);
            Assert.Equal(content[1..3073], pixels[..3072]);
            Assert.Equal(content[^3073], labels[^1]);
            Assert.Equal(content.Length, pixels.Length + labels.Length);
        });

    [Fact]
    public void Read_Cifar100_LoadsTheFilesBytesOrRefuses() => Check(
        DataFolder.Cifar(40, hasCoarseLabel: true, classes: 100), hot: [(0, 2), (3074, 3076)], (path, content) =>
        {
            var (pixels, labels) = CifarReader.Read(path, 2, 3072, 100, 50_000);
            Assert.Equal(content[2..3074], pixels[..3072]);
            Assert.Equal(content[^3073], labels[^1]);
        });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_NpzInOrder_LoadsTheOriginalOrRefuses(bool isPacked)
    {
        var original = NoiseNpz(isPacked, out var images, out var labels);
        Check(original, hot: Hot(original), (path, _) =>
        {
            var npz = NpzFile.Open(path);
            Assert.Equal(labels, npz.Labels);
            var rows = npz.InOrder();
            var read = new byte[npz.Count * npz.ImageSize];
            for (var i = 0; i < npz.Count; i++)
            {
                rows.Read(i, read.AsSpan(i * npz.ImageSize, npz.ImageSize));
            }

            Assert.Equal(images, read);   // Damage is found after the last image, so not earlier.
        });
    }

    [Fact]
    public void Read_NpzInAnyOrder_LoadsOrRefuses()
    {
        var original = NoiseNpz(isPacked: false, out _, out var labels);
        Check(original, hot: Hot(original), (path, _) =>
        {
            var npz = NpzFile.Open(path);
            Assert.Equal(labels, npz.Labels);
            var rows = npz.AnyOrder();
            var image = new byte[npz.ImageSize];
            for (var i = npz.Count - 1; i >= 0; i -= 7)
            {
                rows.Read(i, image);
            }
        });
    }

    [Fact]
    public void Read_ShardFile_LoadsTheOriginalOrRefuses()
    {
        var (path, images, labels) = WriteShards();
        var original = File.ReadAllBytes(path);
        var header = BinaryPrimitives.ReadInt32LittleEndian(original.AsSpan(12));
        Check(original, hot: [(0, 48), (48, 48 + header), (48 + header, 4096)], (mutated, _) =>
        {
            var file = ShardFile.Open(mutated);
            Assert.Equal(labels, file.Labels);
            Assert.Equal(Enumerable.Range(0, labels.Length), file.SampleIds);
            Assert.Equal(images, ReadAll(file));
        });
    }

    [Fact]
    public void Read_ShardFileWithForgedHeader_LoadsOrRefuses()
    {
        var (path, _, _) = WriteShards();
        var original = File.ReadAllBytes(path);
        var header = BinaryPrimitives.ReadInt32LittleEndian(original.AsSpan(12));
        Check(original, hot: [(48, 48 + header)], (mutated, _) => ReadAll(ShardFile.Open(mutated)), Seal, hotOnly: true);
    }

    /// <summary>Gives a file the right checksum for whatever its header says.</summary>
    private static byte[] Seal(byte[] content)
    {
        if (content.Length >= 48)
        {
            var length = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(12)), content.Length - 48);
            XxHash128.Hash(content.AsSpan(48, length), content.AsSpan(16));
        }

        return content;
    }

    private void Check(byte[] original, (int From, int To)[] hot, Action<string, byte[]> read, Func<byte[], byte[]>? seal = null, bool hotOnly = false)
    {
        var draws = new Random(1);
        read(_folder.Write("original", original), original);   // Also takes what is allocated once.
        var refused = 0;
        var path = Path.Combine(_folder.Path, "mutated");
        for (var i = 0; i < Mutations; i++)
        {
            var content = Mutate(original, hot, hotOnly, draws);
            content = seal?.Invoke(content) ?? content;
            File.WriteAllBytes(path, content);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                read(path, content);
            }
            catch (InvalidDataException exception)
            {
                Assert.Contains(path, exception.Message, StringComparison.Ordinal);
                refused++;
            }

            var limit = (4L * Math.Max(content.Length, original.Length)) + ConstantMemory;
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, limit);
        }

        TestContext.Current.SendDiagnosticMessage($"{Mutations} mutated files of {original.Length} bytes: {refused} refused, {Mutations - refused} loaded.");
        Assert.InRange(refused, Mutations / 4, Mutations);
    }

    private static byte[] Mutate(byte[] original, (int From, int To)[] hot, bool hotOnly, Random draws)
    {
        var content = original;
        for (var change = draws.Next(1, 4); change > 0; change--)
        {
            var (from, to) = hotOnly || draws.Next(3) > 0 ? hot[draws.Next(hot.Length)] : (0, content.Length);
            var position = Math.Min(draws.Next(from, to), content.Length - 1);
            var count = Math.Min(draws.Next(1, 50), content.Length - position - 1);
            byte[] piece = draws.Next(hotOnly ? 4 : 7) switch
            {
                0 => [(byte)(content[position] ^ (1 << draws.Next(8)))],
                1 => [(byte)draws.Next(256)],
                2 => [(byte)('0' + draws.Next(10))],
                3 => [255],
                4 => [],
                5 => [content[position], .. new byte[count]],
                _ => [content[position], .. content[draws.Next(content.Length)..][..1]],
            };
            var removed = draws.Next(5) == 0 && !hotOnly ? count : 1;
            content = [.. content[..position], .. piece, .. content[(position + removed)..]];
            if (!hotOnly && draws.Next(12) == 0)
            {
                content = content[..draws.Next(1, content.Length)];
            }
        }

        return content;
    }

    private static (int From, int To)[] Hot(byte[] npz) => [(0, 150), (npz.Length - 160, npz.Length), (npz.Length - 900, npz.Length - 160)];

    private static byte[] NoiseNpz(bool isPacked, out byte[] images, out byte[] labels)
    {
        const int count = 60;
        var pixels = Noise(count * 3072);
        labels = [.. Enumerable.Range(0, count).Select(i => (byte)(i % 10))];
        images = [.. Enumerable.Range(0, count * 3072).Select(i => pixels[(i / 3072 * 3072) + (i % 1024 * 3) + (i % 3072 / 1024)])];
        return SmallNpz.Zip(
            isPacked,
            ("image.npy", SmallNpz.Npy("|u1", $"({count}, 32, 32, 3)", pixels)),
            ("label.npy", SmallNpz.Npy("<i8", $"({count},)", [.. labels.SelectMany(label => BitConverter.GetBytes((long)label))])));
    }

    private (string Path, byte[] Images, byte[] Labels) WriteShards()
    {
        const int count = 90;
        var description = DatasetRegistry.Get("cifar-10");
        var images = Noise(count * description.ImageSize);
        byte[] labels = [.. Enumerable.Range(0, count).Select(i => (byte)(i % 10))];
        var path = Path.Combine(_folder.Path, "train.afad");
        using var writer = new ShardFileWriter(
            path, ShardFileHeader.Of(description, DataSplit.Train, count, imagesPerChunk: 16, shard: 0, shards: 1), labels, [.. Enumerable.Range(0, count)]);
        foreach (var image in images.Chunk(description.ImageSize))
        {
            writer.Append(image);
        }

        writer.Complete();
        return (path, images, labels);
    }

    private static byte[] ReadAll(ShardFile file)
    {
        var size = file.Header.ImageSize();
        var images = new byte[file.Count * size];
        for (var i = 0; i < file.Count; i++)
        {
            file.Read(i, images.AsSpan(i * size, size));
        }

        return images;
    }

    private static byte[] Noise(int length)
    {
        var noise = new byte[length];
        new Random(2).NextBytes(noise);
        return noise;
    }
}
