using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>Corruptions that change values one by one. Images are [channel, height, width]; what comes back may leave [0, 1].</summary>
internal static class CorruptionNoise
{
    public static Func<Tensor, Generator, Tensor> Gaussian(double deviation) => (image, generator) =>
        image + empty_like(image).normal_(0, deviation, generator);

    /// <param name="photons">Mean count of a white value.</param>
    public static Func<Tensor, Generator, Tensor> Shot(double photons) => (image, generator) =>
        poisson(image * photons, generator) / photons;

    /// <param name="share">Of values that turn 0 or 1, either with the same probability.</param>
    public static Func<Tensor, Generator, Tensor> Impulse(double share) => (image, generator) =>
    {
        var draw = empty_like(image).uniform_(0, 1, generator);
        return image.masked_fill(draw.lt(share), 0).masked_fill(draw.lt(share / 2), 1);
    };

    public static Func<Tensor, Generator, Tensor> Speckle(double deviation) => (image, generator) =>
        image + image * empty_like(image).normal_(0, deviation, generator);
}
