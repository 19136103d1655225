using System.Buffers;

namespace Afa.Grains;

/// <summary>Values of a part of a gradient, or of a sum of gradients. Inside a silo they travel by reference: the receiver must not change them.</summary>
/// <remarks>
/// Off the wire the bytes come into a pooled buffer that nobody but the receiver knows of, who gives it back by <see cref="Release"/>. The
/// buffer of a slice that was made here stays with its maker, whatever the receiver does: a call may be sent again when it has long been
/// answered, so such a buffer never goes to a pool that others draw from.
/// </remarks>
[Immutable, Alias("afa.gradient-slice")]
public sealed class GradientSlice
{
    private byte[]? _pooled;

    /// <param name="bytes">Not copied. Not to be changed until the call that carries them is answered.</param>
    public GradientSlice(ReadOnlyMemory<byte> bytes, GradientFormat format)
    {
        Bytes = bytes;
        Format = format;
    }

    private GradientSlice(byte[] pooled, int length, GradientFormat format)
        : this(pooled.AsMemory(0, length), format)
    {
        _pooled = pooled;
    }

    public ReadOnlyMemory<byte> Bytes { get; private set; }

    public GradientFormat Format { get; }

    /// <summary>Number of values.</summary>
    public int Count => Bytes.Length / (Format == GradientFormat.Bfloat16 ? sizeof(ushort) : sizeof(float));

    /// <summary>To be called by the receiver that has read the bytes. Nobody may read them afterwards, if they came off the wire. Repeating it has no further effect.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _pooled, null) is { } buffer)
        {
            Bytes = default;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Makes a slice on a buffer of the pool, to be filled by the caller.</summary>
    internal static GradientSlice Rent(int length, GradientFormat format, out Span<byte> bytes)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        bytes = buffer.AsSpan(0, length);
        return new(buffer, length, format);
    }
}
