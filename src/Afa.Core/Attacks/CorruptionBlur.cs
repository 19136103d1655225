using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Attacks;

/// <summary>Corruptions that mix neighboring pixels. Images are [channel, height, width].</summary>
internal static class CorruptionBlur
{
    /// <param name="deviation">In pixels.</param>
    public static Func<Tensor, Generator, Tensor> Gaussian(double deviation) => (image, _) => Smooth(image, deviation, cutoff: 4, PaddingModes.Replicate);

    /// <summary>A disk whose edge is softened by a 3x3 Gaussian.</summary>
    /// <param name="radius">In pixels, less than 2.</param>
    /// <param name="softening">Standard deviation of the Gaussian, in pixels.</param>
    public static Func<Tensor, Generator, Tensor> Defocus(double radius, double softening)
    {
        const int Reach = 2;   // The disk reaches one pixel to each side, the Gaussian one more.
        var disk = new double[5, 5];
        var inside = 0;
        for (var y = -1; y <= 1; y++)
        {
            for (var x = -1; x <= 1; x++)
            {
                if ((x * x) + (y * y) <= radius * radius)
                {
                    disk[y + Reach, x + Reach] = 1;
                    inside++;
                }
            }
        }

        return (image, _) =>
        {
            var soft = Smooth(tensor(disk, device: CPU).unsqueeze(0) / inside, softening, reach: 1, PaddingModes.Constant);
            return Convolve(image, soft.squeeze(0), PaddingModes.Reflect);
        };
    }

    /// <summary>Smears along a line to one side, in a random direction of up to 45 degrees from the horizontal.</summary>
    /// <param name="radius">Of the line, in pixels: it has 2 radius + 1 points.</param>
    /// <param name="deviation">Of the half Gaussian along the line, in pixels.</param>
    public static Func<Tensor, Generator, Tensor> Motion(double radius, double deviation) => (image, generator) =>
    {
        var angle = empty(1, ScalarType.Float64, CPU).uniform_(-Math.PI / 4, Math.PI / 4, generator).item<double>();
        var reach = 2 * (int)radius;
        var line = new double[(2 * reach) + 1, (2 * reach) + 1];
        var sum = Enumerable.Range(0, reach + 1).Sum(Weight);
        for (var i = 0; i <= reach; i++)
        {
            line[reach + Nearest(i * Math.Sin(angle)), reach + Nearest(i * Math.Cos(angle))] += Weight(i) / sum;
        }

        return Convolve(image, tensor(line, device: CPU), PaddingModes.Replicate);

        double Weight(int i) => Math.Exp(-i * i / (2 * deviation * deviation));
        static int Nearest(double offset) => (int)Math.Ceiling(offset - 0.5);
    };

    /// <summary>Convolves with a Gaussian that is cut off.</summary>
    /// <param name="cutoff">Where, in standard deviations.</param>
    public static Tensor Smooth(Tensor image, double deviation, double cutoff, PaddingModes edge) => Smooth(image, deviation, (int)((cutoff * deviation) + 0.5), edge);

    private static Tensor Smooth(Tensor image, double deviation, int reach, PaddingModes edge)
    {
        var offsets = arange(-reach, reach + 1, dtype: ScalarType.Float64, device: CPU);
        var weights = (offsets.square() / (-2 * deviation * deviation)).exp();
        weights /= weights.sum();
        return Convolve(Convolve(image, weights.unsqueeze(0), edge), weights.unsqueeze(1), edge);
    }

    /// <param name="kernel">[height, width], both odd; what lies to the right of and below its middle comes from there.</param>
    private static Tensor Convolve(Tensor image, Tensor kernel, PaddingModes edge)
    {
        var (bottom, right) = (kernel.shape[0] / 2, kernel.shape[1] / 2);
        var padded = functional.pad(image.unsqueeze(1), [right, right, bottom, bottom], edge);   // [channel, 1, height, width]
        return functional.conv2d(padded, kernel.to(image.dtype).reshape(1, 1, kernel.shape[0], kernel.shape[1])).squeeze(1);
    }
}
