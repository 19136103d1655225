using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Afa.Grains;

/// <summary>Adds slices of gradients in the order given: ((a + b) + c) + d, value by value, in float32.</summary>
internal static class GradientSum
{
    private const int Block = 4096;

    /// <param name="sum">As many values as each part has; gets the sum.</param>
    /// <exception cref="ArgumentException">The parts differ in length from the sum.</exception>
    public static void Add(ReadOnlySpan<GradientSlice> parts, Span<float> sum)
    {
        Span<float> unpacked = stackalloc float[Block];
        for (var start = 0; start < sum.Length; start += Block)
        {
            // Block by block, so that the sum stays in the processor's cache while the parts pass by.
            var into = sum[start..Math.Min(start + Block, sum.Length)];
            Values(parts[0], start, into).CopyTo(into);
            foreach (var part in parts[1..])
            {
                TensorPrimitives.Add(into, Values(part, start, unpacked[..into.Length]), into);
            }
        }
    }

    /// <summary>The part's values from a place on: in its own memory, or unpacked into what is given.</summary>
    private static ReadOnlySpan<float> Values(GradientSlice part, int start, Span<float> unpacked)
    {
        if (part.Format == GradientFormat.Float32)
        {
            return MemoryMarshal.Cast<byte, float>(part.Bytes.Span).Slice(start, unpacked.Length);
        }

        Bfloat16Bits.Unpack(MemoryMarshal.Cast<byte, ushort>(part.Bytes.Span).Slice(start, unpacked.Length), unpacked);
        return unpacked;
    }
}
