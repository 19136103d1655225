using Afa.Checkpoints;
using CsCheck;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Checkpoints;

/// <summary>Random tensors of every supported type, scalars and empty ones among them.</summary>
internal static class TensorRecordGen
{
    private static readonly (ScalarType Type, int Size)[] _types =
    [
        (ScalarType.Float64, 8), (ScalarType.Float32, 4), (ScalarType.Float16, 2), (ScalarType.BFloat16, 2), (ScalarType.Int64, 8),
        (ScalarType.Int32, 4), (ScalarType.Int16, 2), (ScalarType.Int8, 1), (ScalarType.Byte, 1), (ScalarType.Bool, 1),
    ];

    public static readonly Gen<TensorRecord> Any =
        from type in Gen.Int[0, _types.Length - 1].Select(index => _types[index])
        from shape in Gen.Long[0, 4].Array[0, 4]
        from data in Gen.Byte.Array[(int)shape.Aggregate(1L, (product, length) => product * length) * type.Size]
        select new TensorRecord(
            type.Type, shape, type.Type == ScalarType.Bool ? [.. data.Select(value => (byte)(value & 1))] : data);

    public static readonly Gen<Dictionary<string, TensorRecord>> Dictionary =
        Gen.Dictionary(Gen.String[1, 12].Where(name => name != "__metadata__" && !name.Any(char.IsSurrogate)), Any)[0, 6];

    public static void AssertEqual(
        IReadOnlyDictionary<string, TensorRecord> expected, IReadOnlyDictionary<string, TensorRecord> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, record) in expected)
        {
            AssertEqual(record, actual[name]);
        }
    }

    public static void AssertEqual(TensorRecord expected, TensorRecord actual)
    {
        Assert.Equal(expected.ElementType, actual.ElementType);
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.True(expected.Data.Span.SequenceEqual(actual.Data.Span));
    }
}
