using Afa.Evaluation;
using SkiaSharp;

namespace Afa.Client.Reports;

/// <summary>Turns pixels [channel, height, width] into PNG files.</summary>
internal static class PngImage
{
    /// <param name="example">Says the size.</param>
    /// <param name="pixels">One of the example's images.</param>
    /// <exception cref="ArgumentException">The pixels do not fit the size, or there are neither 1 nor 3 channels.</exception>
    public static byte[] Encode(ExampleImage example, byte[] pixels)
    {
        var (channels, height, width) = (example.Channels, example.Height, example.Width);
        if (channels is not (1 or 3) || height < 1 || width < 1 || pixels.LongLength != (long)channels * height * width)
        {
            throw new ArgumentException(
                $"Example image {example.SampleId} must hold 1 or 3 channels × height × width bytes; it says [{channels}, {height}, {width}] and holds {pixels.Length}.",
                nameof(example));
        }

        var plane = height * width;
        var rgba = new byte[4 * plane];
        for (var i = 0; i < plane; i++)
        {
            for (var channel = 0; channel < 3; channel++)
            {
                rgba[4 * i + channel] = pixels[channels == 1 ? i : channel * plane + i];
            }

            rgba[4 * i + 3] = 255;
        }

        using var image = SKImage.FromPixelCopy(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque), rgba);
        using var png = image.Encode(SKEncodedImageFormat.Png, quality: 100);
        return png.ToArray();
    }
}
