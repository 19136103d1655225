using System.Runtime.InteropServices;
using Afa.Checkpoints;
using CsCheck;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Checkpoints;

public sealed class TensorRecordTests
{
    [Fact]
    public void ToTensorAndBack_AnyTypeAndShape_IsBitExact() => TensorRecordGen.Any.Sample(
        record =>
        {
            using var tensor = record.ToTensor();
            Assert.Equal(record.ElementType, tensor.dtype);
            Assert.Equal(record.Shape, tensor.shape);
            TensorRecordGen.AssertEqual(record, TensorRecord.FromTensor(tensor));
        },
        iter: 500,
        threads: 1);

    [Fact]
    public void FromTensor_TransposedWithGradient_IsRowMajor()
    {
        using var scope = NewDisposeScope();
        var tensor = arange(6, dtype: ScalarType.Float32).reshape(2, 3).requires_grad_().t();

        var record = TensorRecord.FromTensor(tensor);

        Assert.Equal([3, 2], record.Shape);
        Assert.Equal([0f, 3, 1, 4, 2, 5], MemoryMarshal.Cast<byte, float>(record.Data.Span).ToArray());
    }

    [Fact]
    public void FromTensor_TensorChangedLater_KeepsTheValues()
    {
        using var tensor = ones(4);
        var record = TensorRecord.FromTensor(tensor);
        tensor.zero_();

        using var back = record.ToTensor();
        Assert.Equal(4, back.sum().item<float>());
    }

    [Fact]
    public void FromTensor_ComplexNumbers_IsRefusedWithTheKnownTypes()
    {
        using var tensor = zeros(2, dtype: ScalarType.ComplexFloat32);

        var error = Assert.Throws<ArgumentException>(() => TensorRecord.FromTensor(tensor));

        Assert.Contains("Float32", error.Message);
    }

    [Theory]
    [InlineData(new long[] { 3 }, 8)]
    [InlineData(new long[] { -1 }, 4)]
    [InlineData(new long[] { 1L << 62, 4 }, 0)]
    [InlineData(new long[] { 0, 1L << 62, 1L << 62 }, 0)]
    public void Constructor_ShapeThatDoesNotFit_IsRefused(long[] shape, int bytes) =>
        Assert.Throws<ArgumentException>(() => new TensorRecord(ScalarType.Float32, shape, new byte[bytes]));

    [Fact]
    public void Constructor_TooManyAxes_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new TensorRecord(ScalarType.Byte, [.. Enumerable.Repeat(1L, 65)], new byte[1]));

    [Fact]
    public void Constructor_BoolOfTwo_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new TensorRecord(ScalarType.Bool, [2], new byte[] { 1, 2 }));
}
