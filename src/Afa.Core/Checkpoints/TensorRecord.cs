using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Afa.Checkpoints;

/// <summary>The values of a tensor in managed memory: row-major and little-endian, on no device and in no dispose scope.</summary>
public sealed class TensorRecord
{
    /// <summary>Most axes that libtorch's element-wise functions accept.</summary>
    public const int MaxRank = 64;

    /// <param name="elementType">One of Float64, Float32, Float16, BFloat16, Int64, Int32, Int16, Int8, Byte, Bool.</param>
    /// <param name="shape">Length of each axis; empty for a scalar.</param>
    /// <param name="data">The elements, row-major. Not copied: the caller must not change them any more.</param>
    /// <exception cref="ArgumentException">The type is another one, or shape and data do not fit.</exception>
    public TensorRecord(ScalarType elementType, long[] shape, ReadOnlyMemory<byte> data)
    {
        var needed = SizeInBytes(elementType, shape);
        if (needed != data.Length)
        {
            throw new ArgumentException(
                $"A {elementType} tensor of shape [{string.Join(", ", shape)}] takes {needed} bytes, not {data.Length}.", nameof(data));
        }

        if (elementType == ScalarType.Bool && data.Span.ContainsAnyExceptInRange<byte>(0, 1))
        {
            throw new ArgumentException("A Bool tensor holds a byte other than 0 and 1.", nameof(data));
        }

        ElementType = elementType;
        Shape = shape;
        Data = data;
    }

    public ScalarType ElementType { get; }

    public long[] Shape { get; }

    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>Copies a tensor of any device, strides and gradient mode.</summary>
    /// <exception cref="ArgumentException">The element type is not supported, or the tensor takes more than 2 GiB.</exception>
    public static TensorRecord FromTensor(Tensor tensor)
    {
        _ = SizeInBytes(tensor.dtype, tensor.shape);

        using var scope = NewDisposeScope();
        return new(tensor.dtype, tensor.shape, tensor.detach().cpu().contiguous().bytes.ToArray());
    }

    /// <summary>Makes a tensor on the CPU with the same type, shape and values.</summary>
    /// <returns>A contiguous tensor without gradient. The caller owns it.</returns>
    public Tensor ToTensor()
    {
        var tensor = empty(Shape, dtype: ElementType, device: CPU);
        if (Data.Length > 0)
        {
            Data.Span.CopyTo(tensor.bytes);
        }

        return tensor;
    }

    /// <summary>Converts floating-point values to Float32, to the nearest value; integers and Booleans stay as they are.</summary>
    /// <returns>This record if there is nothing to convert.</returns>
    /// <exception cref="ArgumentException">The result takes more than 2 GiB.</exception>
    public TensorRecord ToFloat32()
    {
        if (ElementType is not (ScalarType.Float64 or ScalarType.Float16 or ScalarType.BFloat16))
        {
            return this;
        }

        var bytes = new byte[SizeInBytes(ScalarType.Float32, Shape)];
        var values = MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
        var doubles = MemoryMarshal.Cast<byte, double>(Data.Span);
        var halves = MemoryMarshal.Cast<byte, Half>(Data.Span);
        var upperHalves = MemoryMarshal.Cast<byte, ushort>(Data.Span);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ElementType switch
            {
                ScalarType.Float64 => (float)doubles[i],
                ScalarType.Float16 => (float)halves[i],
                _ => BitConverter.UInt32BitsToSingle((uint)upperHalves[i] << 16),   // A bfloat16 is the upper half of a float32.
            };
        }

        return new(ScalarType.Float32, Shape, bytes);
    }

    /// <summary>The number of bytes that a tensor takes; an overflow is refused even where another axis is 0.</summary>
    private static long SizeInBytes(ScalarType elementType, long[] shape)
    {
        if (!Safetensors.ElementSizes.TryGetValue(elementType, out var elementSize))
        {
            throw new ArgumentException(
                $"{elementType} is not supported; known are {string.Join(", ", Safetensors.ElementSizes.Keys)}.", nameof(elementType));
        }

        if (shape.Length > MaxRank || shape.Any(length => length < 0))
        {
            throw new ArgumentException(
                $"A shape has at most {MaxRank} axes of length 0 or more, unlike [{string.Join(", ", shape.Take(MaxRank))}{(shape.Length > MaxRank ? ", …" : "")}].",
                nameof(shape));
        }

        // Strides are products of axis lengths, so they must not overflow in an empty tensor either.
        var bytes = shape.Aggregate((Int128)elementSize, (product, length) =>
            product > Array.MaxLength ? product : product * Math.Max(length, 1));
        if (bytes > Array.MaxLength)
        {
            throw new ArgumentException(
                $"A {elementType} tensor of shape [{string.Join(", ", shape)}] takes more than the {Array.MaxLength} bytes that are supported.",
                nameof(shape));
        }

        return shape.Contains(0) ? 0 : (long)bytes;
    }
}
