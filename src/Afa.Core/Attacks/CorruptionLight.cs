using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>Corruptions of brightness and color. Images are [channel, height, width]; what comes back may leave [0, 1].</summary>
internal static class CorruptionLight
{
    private const int ColorChannels = 3;

    /// <summary>Adds to the value of the HSV color space, which scales all channels of a pixel alike; black turns gray.</summary>
    public static Func<Tensor, Generator, Tensor> Brightness(double shift) => (image, _) =>
    {
        var value = image.amax([0], keepdim: true);
        var brighter = (value + shift).clamp(max: 1);
        return where(value.gt(0), image / value.clamp(min: 1e-12) * brighter, brighter);
    };

    /// <param name="factor">Of each value's distance to the mean of its channel.</param>
    public static Func<Tensor, Generator, Tensor> Contrast(double factor) => (image, _) =>
    {
        var mean = image.mean([1, 2], keepdim: true);
        return (image - mean) * factor + mean;
    };

    /// <summary>Changes the saturation S of the HSV color space to factor · S + shift. Images that are not of three channels come back as they are.</summary>
    /// <remarks>A gray pixel has no hue; as in the authors' code, it counts as red, so that a shift tints it.</remarks>
    public static Func<Tensor, Generator, Tensor> Saturate(double factor, double shift) => (image, _) =>
    {
        if (image.shape[0] != ColorChannels)
        {
            return image;
        }

        var value = image.amax([0], keepdim: true);                    // [1, height, width]
        var range = value - image.amin([0], keepdim: true);
        var red = tensor(new double[] { 0, 1, 1 }, dtype: image.dtype, device: image.device).reshape(-1, 1, 1);
        var hue = where(range.gt(0), (value - image) / range.clamp(min: 1e-12), red);   // How far each channel falls at full saturation.
        var saturation = (range / value.clamp(min: 1e-12) * factor + shift).clamp(0, 1);
        return value - value * saturation * hue;
    };

    /// <summary>Lays a cloud over the image and darkens the whole, so that the brightest value stays about as bright.</summary>
    /// <param name="density">Of the cloud, whose values are in [0, 1].</param>
    /// <param name="decay">See <see cref="PlasmaFractal.Draw"/>.</param>
    public static Func<Tensor, Generator, Tensor> Fog(double density, double decay) => (image, generator) =>
    {
        var (height, width) = (image.shape[1], image.shape[2]);
        var cloud = PlasmaFractal.Draw((int)Math.Max(height, width), decay, generator);
        var brightest = image.max().to(ScalarType.Float64).item<double>();
        return (image + density * cloud.narrow(0, 0, height).narrow(1, 0, width).to(image.dtype)) * (brightest / (brightest + density));
    };
}
