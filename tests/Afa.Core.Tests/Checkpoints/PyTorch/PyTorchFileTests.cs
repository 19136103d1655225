using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Checkpoints.Interchange;
using Afa.Checkpoints.PyTorch;
using CsCheck;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Checkpoints.PyTorch;

public sealed class PyTorchFileTests
{
    private static readonly string _files = Path.Combine(AppContext.BaseDirectory, "Checkpoints", "Files");

    public static TheoryData<string> Files => [.. Directory.GetFiles(_files, "*.pt").Select(path => Path.GetFileName(path))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_StoredFile_GivesTheStatedValuesOrIsRefused(string file)
    {
        using var statement = JsonDocument.Parse(File.ReadAllText(Path.Combine(_files, file + ".json")));
        var content = File.ReadAllBytes(Path.Combine(_files, file));

        if (statement.RootElement.GetProperty("expect").GetString() == "must load")
        {
            AssertValues(statement.RootElement.GetProperty("tensors"), PyTorchFile.Read(content, file).Tensors);
        }
        else
        {
            var error = Assert.Throws<InvalidDataException>(() => PyTorchFile.Read(content, file));
            Assert.StartsWith($"{file} is not a usable PyTorch file: ", error.Message);
        }

        // What the evil files would write if one were executed.
        Assert.False(File.Exists("/tmp/malicious-pickle-executed"));
    }

    [Theory]
    [InlineData("evil-os-system.pt", "'posix.system'", "nothing was run", "model.state_dict()")]
    [InlineData("evil-inside-state-dict.pt", "'posix.system'")]
    [InlineData("evil-eval.pt", "'__builtin__.eval'")]
    [InlineData("whole-module.pt", "'__main__.Tiny'", "model.state_dict()")]
    [InlineData("evil-legacy.pt", "before version 1.6", "torch.save(torch.load(old, weights_only=True), new)")]
    [InlineData("legacy.pt", "before version 1.6")]
    [InlineData("big-endian.pt", "little-endian")]
    [InlineData("missing-storage.pt", "'conv.weight'", "storage '0' is missing")]
    [InlineData("short-storage.pt", "'conv.weight'", "has 8 bytes", "take 432")]
    [InlineData("truncated.pt", "cut short")]
    [InlineData("empty.pt", "'PK'")]
    public void Read_RefusedFile_SaysWhyAndWhatToDo(string file, params string[] expected)
    {
        var message = Refused(File.ReadAllBytes(Path.Combine(_files, file)));

        Assert.All(expected, text => Assert.Contains(text, message));
    }

    [Fact]
    public void WriteAndRead_AnyTensorsAndMetadata_IsBitExact() => Gen.Select(
        TensorRecordGen.Dictionary.Where(tensors => tensors.Count > 0), Gen.Dictionary(Gen.String[Gen.Char.AlphaNumeric, 1, 9], Gen.String.AlphaNumeric)[0, 3]).Sample(
        (tensors, metadata) =>
        {
            var content = PyTorchFile.Read(PyTorchFile.Write(tensors, metadata), "file");

            Assert.Null(content.Key);
            TensorRecordGen.AssertEqual(tensors, content.Tensors);
            Assert.Equal(metadata, content.Metadata);
        },
        iter: 300);

    [Fact]
    public void Write_TensorsInAnotherOrder_GivesTheSameBytes()
    {
        var tensors = new Dictionary<string, TensorRecord> { ["a"] = Floats(1, 2), ["b"] = Floats(3) };

        Assert.Equal(PyTorchFile.Write(tensors), PyTorchFile.Write(tensors.Reverse().ToDictionary()));
    }

    [Fact]
    public void Read_SeveralStateDicts_TakesTheUsualOneOrTheOneAskedFor()
    {
        var file = File.ReadAllBytes(Path.Combine(_files, "dm-style.pt"));

        Assert.Equal("model_state_dict", PyTorchFile.Read(file, "file").Key);
        Assert.Equal("unaveraged_model_state_dict", PyTorchFile.Read(file, "file", "unaveraged_model_state_dict").Key);
        Assert.Contains("There are tensors under: 'model_state_dict', 'unaveraged_model_state_dict'", Refused(file, "last"));
    }

    [Fact]
    public void Read_TensorBesideTheStateDict_IsNotTakenForOne()
    {
        // training-protocol4.pt also holds best_tensor, as some scripts store their best accuracy.
        Assert.Equal("net", PyTorchFile.Read(File.ReadAllBytes(Path.Combine(_files, "training-protocol4.pt")), "file").Key);
    }

    [Fact]
    public void Read_ExpandedTensor_MayNotTakeMoreThanTheFile()
    {
        // A single float, repeated: 400 MB of the same value in a file of 500 bytes.
        Assert.Contains("would take 400000008 bytes", Refused(OneTensor(storageCount: 1, offset: 0, [100_000_000], [0])));

        var small = PyTorchFile.Read(OneTensor(storageCount: 1, offset: 0, [2, 3], [0, 0]), "file").Tensors["w"];
        Assert.Equal([2L, 3L], small.Shape);
        Assert.Equal(24, small.Data.Length);
    }

    [Theory]
    [InlineData("HalfStorage", 2)]
    [InlineData("BFloat16Storage", 2)]
    [InlineData("BoolStorage", 1)]
    [InlineData("FloatStorage", 4)]
    public void Read_ManyNamesOfOneStorage_AreRefusedInLittleMemory(string storage, int elementSize)
    {
        // 1,000 names of 100,000 values: 400 MB as float32, out of a file of at most 600 kB.
        var file = Tensors([.. Enumerable.Range(0, 1000).Select(i => $"w{i}")], storage, elementSize, storageCount: 100_000, offset: 0, [100_000], [1]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<InvalidDataException>(() => ForeignWeights.Read(file, "file"));

        Assert.Contains("share their values", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
    }

    [Theory]
    [InlineData("HalfStorage", 2, 1)]     // As float32, twice the file.
    [InlineData("FloatStorage", 4, 2)]    // As tied weights are saved.
    public void Read_FileInHalfPrecisionOrWithTiedWeights_Loads(string storage, int elementSize, int names)
    {
        var file = Tensors([.. Enumerable.Range(0, names).Select(i => $"w{i}")], storage, elementSize, storageCount: 100_000, offset: 0, [100_000], [1]);

        Assert.All(ForeignWeights.Read(file, "file").Tensors.Values, tensor => Assert.Equal((ScalarType.Float32, 400_000), (tensor.ElementType, tensor.Data.Length)));
    }

    [Theory]
    [InlineData(4, 1, new long[] { 4 }, new long[] { 1 })]                                  // one past the end
    [InlineData(4, 0, new long[] { 2, 2 }, new long[] { 3, 1 })]
    [InlineData(4, -1, new long[] { 2 }, new long[] { 1 })]
    [InlineData(4, 3, new long[] { 2 }, new long[] { -1 })]
    [InlineData(4, 0, new long[] { -2 }, new long[] { 1 })]
    [InlineData(4, 0, new long[] { 4 }, new long[] { 1, 1 })]
    [InlineData(4, 0, new long[] { 4294967296, 4294967296 }, new long[] { 0, 0 })]          // 2^64 elements
    [InlineData(4, 0, new long[] { 3, 3 }, new long[] { long.MaxValue, long.MaxValue })]
    [InlineData(4, long.MaxValue, new long[] { 2 }, new long[] { 1 })]
    [InlineData(4, 0, new long[] { 0, 4294967296, 4294967296 }, new long[] { 1, 1, 1 })]    // empty, but its strides overflow
    public void Read_TensorOutsideItsStorage_IsRefused(int storageCount, long offset, long[] shape, long[] strides) =>
        Refused(OneTensor(storageCount, offset, shape, strides));

    [Fact]
    public void Read_OneLargeDictUnderManyNames_Ends()
    {
        // {'aaaa': d, 'aaab': d, ...} with d of as many entries: looking through each would take 10^10 steps.
        const int Count = 100_000;
        List<byte> pickle = [0x80, 2, (byte)'}', (byte)'q', 0, (byte)'('];
        Entries(value: "N"u8);
        pickle.AddRange("u}("u8);
        Entries(value: [(byte)'h', 0]);
        pickle.AddRange("u."u8);

        Assert.Contains("Nothing in it looks like one", Refused(AlignedZip.Write([("a/data.pkl", pickle.ToArray())])));

        void Entries(ReadOnlySpan<byte> value)
        {
            for (var i = 0; i < Count; i++)
            {
                pickle.AddRange([(byte)'X', 5, 0, 0, 0]);
                pickle.AddRange(Encoding.ASCII.GetBytes($"{i:00000}"));
                pickle.AddRange(value);
            }
        }
    }

    [Fact]
    public void Read_ZipWithoutPickle_IsRefused() => Assert.Contains("0 entries NAME/data.pkl", Refused(AlignedZip.Write([("a/b", new byte[3])])));

    [Fact]
    public void Read_NoDict_SaysWhatToSave() => Assert.Contains("holds no dict", Refused(AlignedZip.Write([("a/data.pkl", new byte[] { 0x80, 2, (byte)'N', (byte)'.' })])));

    private static string Refused(byte[] file, string? key = null) => Assert.Throws<InvalidDataException>(() => PyTorchFile.Read(file, "file", key)).Message;

    private static TensorRecord Floats(params float[] values) => new(ScalarType.Float32, [values.Length], MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <summary>A dict {'w': a view of a storage of floats}, with numbers as Python pickles longs.</summary>
    private static byte[] OneTensor(int storageCount, long offset, long[] shape, long[] strides) => Tensors(["w"], "FloatStorage", 4, storageCount, offset, shape, strides);

    /// <summary>A dict in which each name is the same view of one storage.</summary>
    private static byte[] Tensors(string[] names, string storage, int elementSize, int storageCount, long offset, long[] shape, long[] strides)
    {
        List<byte> pickle = [0x80, 2, (byte)'}'];
        foreach (var name in names)
        {
            Text(name);
            Ascii("ctorch._utils\n_rebuild_tensor_v2\n((");
            Text("storage");
            Ascii($"ctorch\n{storage}\n");
            Text("0");
            Text("cpu");
            Long(storageCount);
            Ascii("tQ");
            Long(offset);
            Longs(shape);
            Longs(strides);
            pickle.Add(0x89);
            Ascii("}tRs");
        }

        Ascii(".");
        return AlignedZip.Write([("a/data.pkl", pickle.ToArray()), ("a/data/0", new byte[elementSize * storageCount])]);

        void Ascii(string text) => pickle.AddRange(Encoding.ASCII.GetBytes(text));

        void Text(string text)
        {
            pickle.Add((byte)'X');
            pickle.AddRange(BitConverter.GetBytes(text.Length));
            Ascii(text);
        }

        void Long(long value)
        {
            pickle.AddRange([0x8a, 8]);
            pickle.AddRange(BitConverter.GetBytes(value));
        }

        void Longs(long[] values)
        {
            Ascii("(");
            Array.ForEach(values, Long);
            Ascii("t");
        }
    }

    private static void AssertValues(JsonElement expected, IReadOnlyDictionary<string, TensorRecord> tensors)
    {
        var actual = tensors.ToDictionary(entry => entry.Key.StartsWith("module.", StringComparison.Ordinal) ? entry.Key["module.".Length..] : entry.Key, entry => entry.Value);
        Assert.Equal(expected.EnumerateObject().Select(tensor => tensor.Name).Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach (var tensor in expected.EnumerateObject())
        {
            var record = actual[tensor.Name];
            Assert.Equal(tensor.Value.GetProperty("dtype").GetString(), NumPyName(record.ElementType));
            Assert.Equal(tensor.Value.GetProperty("shape").EnumerateArray().Select(length => length.GetInt64()), record.Shape);
            using var scope = NewDisposeScope();
            var values = record.Data.IsEmpty ? [] : record.ToTensor().to(ScalarType.Float64).data<double>().ToArray();
            Assert.Equal(tensor.Value.GetProperty("values").EnumerateArray().Select(Number), values);
        }
    }

    private static double Number(JsonElement value) => value.ValueKind != JsonValueKind.String ? value.GetDouble()
        : value.GetString() == "inf" ? double.PositiveInfinity : double.NegativeInfinity;

    private static string NumPyName(ScalarType type) => type == ScalarType.Byte ? "uint8" : type.ToString().ToLowerInvariant();
}
