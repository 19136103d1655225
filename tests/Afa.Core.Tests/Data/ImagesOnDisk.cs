using SkiaSharp;

namespace Afa.Tests.Data;

/// <summary>Writes small PNG and JPEG files.</summary>
internal static class ImagesOnDisk
{
    /// <summary>A PNG in which the pixel in a row and column has the color that a function gives it.</summary>
    public static byte[] Png(int height, int width, Func<int, int, SKColor> color) => Encode(height, width, color, SKColorType.Rgba8888, SKEncodedImageFormat.Png);

    /// <summary>A PNG of one color.</summary>
    public static byte[] Png(int height, int width, byte red, byte green, byte blue) => Png(height, width, (_, _) => new SKColor(red, green, blue));

    /// <summary>A JPEG of one color.</summary>
    public static byte[] Jpeg(int height, int width, byte red, byte green, byte blue) =>
        Encode(height, width, (_, _) => new SKColor(red, green, blue), SKColorType.Rgba8888, SKEncodedImageFormat.Jpeg);

    /// <summary>A JPEG with one channel.</summary>
    public static byte[] GrayJpeg(int height, int width, byte value) =>
        Encode(height, width, (_, _) => new SKColor(value, value, value), SKColorType.Gray8, SKEncodedImageFormat.Jpeg);

    private static byte[] Encode(int height, int width, Func<int, int, SKColor> color, SKColorType type, SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, type, type == SKColorType.Gray8 ? SKAlphaType.Opaque : SKAlphaType.Unpremul));
        for (var row = 0; row < height; row++)
        {
            for (var column = 0; column < width; column++)
            {
                bitmap.SetPixel(column, row, color(row, column));
            }
        }

        using var data = bitmap.Encode(format, 95);
        return data.ToArray();
    }
}
