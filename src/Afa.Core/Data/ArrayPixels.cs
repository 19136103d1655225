namespace Afa.Data;

/// <summary>Images in memory.</summary>
/// <param name="pixels">uint8, [image, channel, height, width]. Not copied.</param>
/// <param name="imageSize">Bytes of an image.</param>
internal sealed class ArrayPixels(byte[] pixels, int imageSize) : PixelRows
{
    public override int Count => pixels.Length / imageSize;

    public override void Read(int index, Span<byte> target) => pixels.AsSpan(index * imageSize, imageSize).CopyTo(target);
}
