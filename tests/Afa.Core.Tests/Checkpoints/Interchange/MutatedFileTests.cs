using Afa.Checkpoints;
using Afa.Checkpoints.Interchange;
using Afa.Checkpoints.PyTorch;
using Afa.Models;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Checkpoints.Interchange;

/// <summary>Whatever a file holds, it loads or is refused with <see cref="InvalidDataException"/>, in memory that its size bounds.</summary>
public sealed class MutatedFileTests(ITestOutputHelper output)
{
    private static readonly int _mutations = Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1" ? 10_000 : 500;

    /// <summary>Exceptions with their texts and traces, and the tables of a reader; far less than a size that is taken from a file on trust.</summary>
    private const int SpareSizeInBytes = 256 * 1024;

    private static readonly string[] _pickles = ["plain.pt", "views.pt", "parameters.pt", "checkpoint.pt", "training-protocol4.pt", "evil-inside-state-dict.pt"];

    private static readonly string _files = Path.Combine(AppContext.BaseDirectory, "Checkpoints", "Files");

    [Fact]
    public void Read_MutatedSafetensors_LoadOrAreRefused() => AssertLoadOrAreRefused(Exported(".safetensors"), Mutate);

    [Fact]
    public void Read_MutatedPyTorchFiles_LoadOrAreRefused()
    {
        byte[][] files = [.. Directory.GetFiles(_files, "*.pt").Order(StringComparer.Ordinal).Select(File.ReadAllBytes).Where(file => file.Length > 0), .. Exported(".pt")];
        AssertLoadOrAreRefused(files, Mutate);
    }

    [Fact]
    public void Read_MutatedPicklesWithRightChecksums_LoadOrAreRefused()
    {
        byte[][] files = [.. _pickles.Select(name => File.ReadAllBytes(Path.Combine(_files, name))), .. Exported(".pt")];
        AssertLoadOrAreRefused(files, MutatePickle);
    }

    private void AssertLoadOrAreRefused(byte[][] files, Func<byte[], Random, byte[]> mutate)
    {
        var random = new Random(20261125);
        var (loaded, refused, most) = (0, 0, 0L);
        for (var i = 0; i < _mutations; i++)
        {
            var mutated = mutate(files[i % files.Length], random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ForeignWeights.Read(mutated, "file");
                loaded++;
            }
            catch (InvalidDataException)
            {
                refused++;
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            most = Math.Max(most, allocated - 4L * mutated.Length);
            Assert.True(allocated <= 4L * mutated.Length + SpareSizeInBytes, $"Mutation {i} of {mutated.Length} bytes took {allocated} bytes of memory.");
        }

        output.WriteLine($"{_mutations} files: {loaded} loaded, {refused} refused; at most {most} bytes beyond 4 times the file.");
        Assert.False(File.Exists("/tmp/malicious-pickle-executed"));
        Assert.InRange(loaded, 1, _mutations - 1);
    }

    /// <summary>One to three flipped bits, other bytes, cuts, insertions, copied pieces and exchanged or extreme lengths.</summary>
    private static byte[] Mutate(byte[] file, Random random)
    {
        var mutated = file.ToList();
        for (var edits = random.Next(1, 4); edits > 0 && mutated.Count > 16; edits--)
        {
            var position = random.Next(mutated.Count - 8);
            var length = Math.Min(random.Next(1, 40), mutated.Count - position);
            switch (random.Next(8))
            {
                case 0:
                    mutated[position] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    mutated[position] = (byte)random.Next(256);
                    break;
                case 2:
                    mutated.RemoveRange(position, length);
                    break;
                case 3:
                    mutated.RemoveRange(position, mutated.Count - position);
                    break;
                case 4:
                    mutated.InsertRange(position, Bytes(random, length));
                    break;
                case 5:
                    var from = random.Next(mutated.Count - length + 1);
                    mutated.InsertRange(position, mutated[from..(from + length)]);
                    break;
                case 6:
                    Exchange(mutated, position, random.Next(mutated.Count - 8), 4);
                    break;
                default:
                    Set(mutated, position, random.Next(3) switch { 0 => [255, 255, 255, 255], 1 => [255, 255, 255, 127], _ => [0, 0, 0, 0] });
                    break;
            }
        }

        return [.. mutated];
    }

    /// <summary>Mutates the pickle alone and packs it again, so that the checksum lets it through to the reader of pickles.</summary>
    private static byte[] MutatePickle(byte[] file, Random random)
    {
        var zip = new StoredZip(file);
        return AlignedZip.Write([.. zip.Names.Select(name => (name, name.EndsWith("data.pkl", StringComparison.Ordinal)
            ? Mutate(zip.Find(name)!.Value.ToArray(), random)
            : zip.Find(name)!.Value))]);
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static void Exchange(List<byte> bytes, int first, int second, int count)
    {
        for (var i = 0; i < count; i++)
        {
            (bytes[first + i], bytes[second + i]) = (bytes[second + i], bytes[first + i]);
        }
    }

    private static void Set(List<byte> bytes, int position, byte[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            bytes[position + i] = values[i];
        }
    }

    /// <summary>Two networks, one with batch norm and in half precision.</summary>
    private static byte[][] Exported(string extension)
    {
        using var scope = NewDisposeScope();
        var small = new ModelOptions { WidthFactor = 0.1 };
        var residual = new ModelOptions { Name = "resnet-18", WidthFactor = 0.05 };
        using var first = ModelRegistry.Create(small, seed: 1);
        using var second = ModelRegistry.Create(residual, seed: 1);
        return
        [
            WeightsExport.Write(extension, first.state_dict().ToDictionary(entry => entry.Key, entry => TensorRecord.FromTensor(entry.Value)), small),
            WeightsExport.Write(extension, second.state_dict().ToDictionary(entry => entry.Key, entry => TensorRecord.FromTensor(entry.Value.is_floating_point() ? entry.Value.to(ScalarType.Float16) : entry.Value)), residual),
        ];
    }
}
