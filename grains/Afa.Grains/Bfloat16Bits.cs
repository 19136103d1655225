using System.Numerics;
using System.Runtime.InteropServices;

namespace Afa.Grains;

/// <summary>Takes values that bfloat16 holds exactly to their two bytes and back. Rounding is done before, where the error is kept.</summary>
internal static class Bfloat16Bits
{
    /// <summary>Drops the lower halves, which are 0.</summary>
    /// <param name="packed">As many as there are values.</param>
    public static void Pack(ReadOnlySpan<float> values, Span<ushort> packed)
    {
        var bits = MemoryMarshal.Cast<float, uint>(values);
        var done = 0;
        for (; done + Vector<ushort>.Count <= bits.Length; done += Vector<ushort>.Count)
        {
            var low = new Vector<uint>(bits[done..]) >> 16;
            var high = new Vector<uint>(bits[(done + Vector<uint>.Count)..]) >> 16;
            Vector.Narrow(low, high).CopyTo(packed[done..]);
        }

        for (; done < bits.Length; done++)
        {
            packed[done] = (ushort)(bits[done] >> 16);
        }
    }

    /// <summary>Gives each value its lower half back.</summary>
    /// <param name="values">As many as are packed.</param>
    public static void Unpack(ReadOnlySpan<ushort> packed, Span<float> values)
    {
        var bits = MemoryMarshal.Cast<float, uint>(values);
        var done = 0;
        for (; done + Vector<ushort>.Count <= packed.Length; done += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(packed[done..]), out var low, out var high);
            (low << 16).CopyTo(bits[done..]);
            (high << 16).CopyTo(bits[(done + Vector<uint>.Count)..]);
        }

        for (; done < packed.Length; done++)
        {
            bits[done] = (uint)packed[done] << 16;
        }
    }
}
