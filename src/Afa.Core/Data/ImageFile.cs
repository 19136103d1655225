using SkiaSharp;

namespace Afa.Data;

/// <summary>Reads single PNG and JPEG files, of which nothing is trusted.</summary>
/// <remarks>
/// Always three channels: a gray image has its value in each, an alpha channel is dropped, more than 8 bits become 8. Color profiles and
/// the camera's orientation are not applied. So it is with Pillow's <c>convert("RGB")</c>, on which the numbers of the field rest.
/// </remarks>
internal static class ImageFile
{
    public const int Channels = 3;

    private const long MaximumFileSize = 64 << 20;
    private const int MaximumSide = 16_384;
    private const int MaximumPixels = 1 << 25;

    private static readonly byte[] s_png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];
    private static readonly byte[] s_jpeg = [0xFF, 0xD8, 0xFF];

    /// <summary>Whether a name ends like that of an image which can be read.</summary>
    public static bool IsImage(string path) =>
        Path.GetExtension(path).ToLowerInvariant() is ".png" or ".jpg" or ".jpeg";

    /// <summary>Reads the size without decoding.</summary>
    /// <exception cref="InvalidDataException">The file is no such image.</exception>
    public static (int Height, int Width) ReadSize(string path)
    {
        using var codec = Open(path);
        return (codec.Info.Height, codec.Info.Width);
    }

    /// <summary>Decodes an image.</summary>
    /// <param name="height">Rows that come out.</param>
    /// <param name="width">Columns that come out.</param>
    /// <param name="isResized">Whether an image of another size is cut to the largest part of the wanted shape around its middle and scaled; else it is refused.</param>
    /// <param name="target">[channel, height, width].</param>
    /// <exception cref="InvalidDataException">The file is no such image, is damaged, or has another size.</exception>
    public static void Read(string path, int height, int width, bool isResized, Span<byte> target)
    {
        using var codec = Open(path);
        var size = codec.Info;
        if (!isResized && (size.Height, size.Width) != (height, width))
        {
            throw new InvalidDataException(
                $"{path} must have {height} × {width} pixels as the first image has, not {size.Height} × {size.Width}. 'afa data convert FOLDER TARGET --size {width}' brings all images to one size.");
        }

        // Opaque would let a decoder mix transparent pixels with black.
        using var bitmap = new SKBitmap(new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        var result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        if (result != SKCodecResult.Success)
        {
            throw new InvalidDataException($"{path} is damaged or truncated: it cannot be decoded ({result}).");
        }

        if ((size.Height, size.Width) == (height, width))
        {
            ToPlanes(bitmap, target);
            return;
        }

        using var resized = Resize(bitmap, height, width);
        ToPlanes(resized, target);
    }

    private static SKCodec Open(string path)
    {
        var length = new FileInfo(path).Length;
        if (length is 0 or > MaximumFileSize)
        {
            throw new InvalidDataException($"{path} must have 1 to {MaximumFileSize} bytes, not {length}.");
        }

        var bytes = File.ReadAllBytes(path);
        if (!bytes.AsSpan().StartsWith(s_png) && !bytes.AsSpan().StartsWith(s_jpeg))
        {
            throw new InvalidDataException($"{path} is neither a PNG nor a JPEG file, whatever its name says.");
        }

        using var data = SKData.CreateCopy(bytes);
        var codec = SKCodec.Create(data) ?? throw new InvalidDataException($"{path} is damaged: its header cannot be read.");
        var (height, width) = (codec.Info.Height, codec.Info.Width);
        if (height is < 1 or > MaximumSide || width is < 1 or > MaximumSide || (long)height * width > MaximumPixels)
        {
            codec.Dispose();
            throw new InvalidDataException($"{path} must have up to {MaximumPixels} pixels and sides up to {MaximumSide}, not {height} × {width}.");
        }

        return codec;
    }

    private static SKBitmap Resize(SKBitmap bitmap, int height, int width)
    {
        // Scaling mixes neighbors by their alpha, which is to be dropped.
        var pixels = bitmap.GetPixelSpan();
        for (var i = 3; i < pixels.Length; i += 4)
        {
            pixels[i] = byte.MaxValue;
        }

        var scale = Math.Min((double)bitmap.Width / width, (double)bitmap.Height / height);
        var (cutWidth, cutHeight) = (Math.Max(1, (int)Math.Round(width * scale)), Math.Max(1, (int)Math.Round(height * scale)));
        using var cut = new SKBitmap();
        bitmap.ExtractSubset(cut, SKRectI.Create((bitmap.Width - cutWidth) / 2, (bitmap.Height - cutHeight) / 2, cutWidth, cutHeight));
        return cut.Resize(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
    }

    private static void ToPlanes(SKBitmap bitmap, Span<byte> planes)
    {
        var size = bitmap.Width * bitmap.Height;
        var pixels = bitmap.GetPixelSpan();
        for (var i = 0; i < size; i++)
        {
            planes[i] = pixels[4 * i];
            planes[size + i] = pixels[(4 * i) + 1];
            planes[(2 * size) + i] = pixels[(4 * i) + 2];
        }
    }
}
