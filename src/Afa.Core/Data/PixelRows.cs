namespace Afa.Data;

/// <summary>The pixels of images one after the other, wherever they lie. Several threads may read at once.</summary>
internal abstract class PixelRows
{
    /// <summary>Number of images.</summary>
    public abstract int Count { get; }

    /// <summary>Copies one image: uint8, [channel, height, width].</summary>
    /// <param name="index">In [0, <see cref="Count"/>).</param>
    /// <param name="target">As long as one image.</param>
    /// <exception cref="InvalidDataException">What lies there is damaged.</exception>
    public abstract void Read(int index, Span<byte> target);
}
