using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Afa.Checkpoints;
using CsCheck;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Checkpoints;

public sealed class SafetensorsTests
{
    private static readonly string _files = Path.Combine(AppContext.BaseDirectory, "Checkpoints", "Files");

    public static TheoryData<string> Files => [.. Directory.GetFiles(_files, "*.safetensors").Select(path => Path.GetFileName(path))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_StoredFile_LoadsOrIsRefusedAsStated(string file)
    {
        using var statement = JsonDocument.Parse(File.ReadAllText(Path.Combine(_files, file + ".json")));
        var content = File.ReadAllBytes(Path.Combine(_files, file));

        if (statement.RootElement.GetProperty("expect").GetString() == "must load")
        {
            Safetensors.Read(content, file);
        }
        else
        {
            var error = Assert.Throws<InvalidDataException>(() => Safetensors.Read(content, file));
            Assert.StartsWith($"{file} is not a usable safetensors file: ", error.Message);
        }
    }

    [Fact]
    public void Read_GoodFile_GivesTheStatedValues()
    {
        var tensors = Safetensors.Read(File.ReadAllBytes(Path.Combine(_files, "good.safetensors")), "good").Tensors;

        using var a = tensors["a"].ToTensor();
        using var b = tensors["b"].ToTensor();
        Assert.Equal([1.5f, -2f], a.data<float>().ToArray());
        Assert.Empty(b.shape);
        Assert.Equal(42, b.item<long>());
    }

    [Fact]
    public void WriteAndRead_AnyTensorsAndMetadata_IsBitExact() => Gen.Select(
        TensorRecordGen.Dictionary, Gen.Dictionary(Gen.String.AlphaNumeric, Gen.String.AlphaNumeric)[0, 3]).Sample(
        (tensors, metadata) =>
        {
            var content = Safetensors.Read(Safetensors.Write(tensors, metadata), "file");

            TensorRecordGen.AssertEqual(tensors, content.Tensors);
            Assert.Equal(metadata, content.Metadata);
        },
        iter: 500);

    [Fact]
    public void Write_TensorsInAnotherOrder_GivesTheSameAlignedBytes()
    {
        var tensors = new Dictionary<string, TensorRecord>
        {
            ["flags"] = new(ScalarType.Bool, [3], new byte[] { 1, 0, 1 }),
            ["weight"] = new(ScalarType.Float32, [1], new byte[4]),
            ["steps"] = new(ScalarType.Int64, [], new byte[8]),
        };

        var file = Safetensors.Write(tensors);

        Assert.Equal(file, Safetensors.Write(tensors.Reverse().ToDictionary()));
        Assert.Equal(0UL, BinaryPrimitives.ReadUInt64LittleEndian(file) % 8);
        Assert.Matches("steps.*weight.*flags", Encoding.UTF8.GetString(file));
    }

    [Fact]
    public void Write_TensorNamedLikeTheMetadata_IsRefused() => Assert.Throws<ArgumentException>(
        () => Safetensors.Write(new Dictionary<string, TensorRecord> { ["__metadata__"] = new(ScalarType.Byte, [0], default) }));

    [Theory]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", 4, "twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"\u0061":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", 4, "twice")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"I8","shape":[4],"data_offsets":[0,4]}}""", 4, "twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"stride":[1]}}""", 4, "stride")]
    [InlineData("""{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,4]}}""", 4, "C64")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4]}}""", 4, "needs")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0]}}""", 4, "needs")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}}""", 4, "at most 2")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4.5],"data_offsets":[0,4]}}""", 4, "whole numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}}""", 4, "whole numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,9223372036854775807]}}""", 4, "bytes 0 to")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}""", 4, "bytes 4 to 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 4, "belong to no tensor")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", 4, "starts at 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}""", 4, "starts at 1")]
    [InlineData("""{"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}""", 1, "Bool")]
    [InlineData("""{"__metadata__":{"k":"v","k":"w"}}""", 0, "twice")]
    [InlineData("""{"__metadata__":{"k":1}}""", 0, "Number")]
    [InlineData("""{"__metadata__":[]}""", 0, "StartArray")]
    [InlineData("""{"a":[]}""", 0, "StartArray")]
    [InlineData("""{"\ud800":{}}""", 0, "UTF")]
    [InlineData("""{}{}""", 0, "after a single JSON value")]
    [InlineData("""[]""", 0, "'{'")]
    [InlineData("", 0, "'{'")]
    public void Read_WrongHeader_IsRefusedWithTheReason(string header, int dataSizeInBytes, string reason)
    {
        var data = Enumerable.Repeat((byte)7, dataSizeInBytes);

        var error = Assert.Throws<InvalidDataException>(() => Safetensors.Read(WithHeader(header, data), "file"));

        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public void Read_NameOfManyBytes_IsRefused()
    {
        var header = $$$"""{"{{{new string('a', 5000)}}}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""";

        Assert.Throws<InvalidDataException>(() => Safetensors.Read(WithHeader(header, []), "file"));
    }

    [Fact]
    public void Read_EmptyAndScalarTensors_Load()
    {
        var header = """
            {"none":{"dtype":"F32","shape":[2,0,3],"data_offsets":[1,1]},"one":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}
            """;

        var tensors = Safetensors.Read(WithHeader(header, [7]), "file").Tensors;

        Assert.Equal(0, tensors["none"].Data.Length);
        Assert.Equal([7], tensors["one"].Data.ToArray());
    }

    [Fact]
    public void Read_EveryPrefix_IsRefused()
    {
        var file = SampleFile();

        for (var length = 0; length < file.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => Safetensors.Read(file.AsMemory(..length), "file"));
        }
    }

    [Fact]
    public void Read_MutatedFiles_LoadOrAreRefusedInLittleMemory()
    {
        var file = SampleFile();
        var random = new Random(20261122);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var loaded = 0;

        for (var i = 0; i < 2000; i++)
        {
            var mutated = Mutate(file, random);
            try
            {
                Safetensors.Read(mutated, "file");
                loaded++;
            }
            catch (InvalidDataException)
            {
                continue;
            }
        }

        // About 25 kB each, exceptions and their texts included; a size taken from the file on trust would take far more.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2000 * 100_000);
        Assert.InRange(loaded, 1, 1999);
    }

    private static byte[] Mutate(byte[] file, Random random)
    {
        var mutated = file.ToList();
        for (var edits = random.Next(1, 4); edits > 0; edits--)
        {
            // Half of the edits hit the header, where a change matters most.
            var position = random.Next(random.Next(2) == 0 ? mutated.Count : Math.Min(mutated.Count, 300));
            switch (random.Next(4))
            {
                case 0:
                    mutated[position] = (byte)random.Next(256);
                    break;
                case 1:
                    mutated[position] = (byte)"0123456789[]{},:\" -"[random.Next(19)];
                    break;
                case 2:
                    mutated.RemoveRange(position, Math.Min(random.Next(1, 20), mutated.Count - position));
                    break;
                default:
                    mutated.InsertRange(position, mutated[position..Math.Min(mutated.Count, position + 20)]);
                    break;
            }

            if (mutated.Count == 0)
            {
                break;
            }
        }

        return [.. mutated];
    }

    private static byte[] SampleFile() => Safetensors.Write(
        new Dictionary<string, TensorRecord>
        {
            ["conv1.weight"] = new(ScalarType.Float32, [2, 3, 3], Enumerable.Range(0, 72).Select(i => (byte)i).ToArray()),
            ["bn1.num_batches_tracked"] = new(ScalarType.Int64, [], new byte[8]),
            ["mask"] = new(ScalarType.Bool, [5], new byte[] { 1, 0, 0, 1, 1 }),
            ["half"] = new(ScalarType.BFloat16, [0, 4], default),
        },
        new Dictionary<string, string> { ["format"] = "pt" });

    private static byte[] WithHeader(string header, IEnumerable<byte> data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
        return [.. length, .. json, .. data];
    }
}
