using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Attacks;

/// <summary>Corruptions that move pixels. Images are [channel, height, width].</summary>
internal static class CorruptionGeometry
{
    /// <summary>Makes the image smaller and then as large as before, each time by a box filter.</summary>
    /// <param name="share">Of the image's height and width.</param>
    public static Func<Tensor, Generator, Tensor> Pixelate(double share) => (image, _) =>
    {
        var (height, width) = ((int)image.shape[1], (int)image.shape[2]);
        return Resize(Resize(image, (int)(height * share), (int)(width * share)), height, width);
    };

    /// <summary>Moves three points at random, and the plane with them; then each pixel by a random field.</summary>
    /// <param name="strength">Of the field, as a share of the image's smaller side.</param>
    /// <param name="smoothness">Standard deviation of the Gaussian that smooths the field, as such a share.</param>
    /// <param name="shift">Of the three points in each direction, at most, as such a share.</param>
    public static Func<Tensor, Generator, Tensor> Elastic(double strength, double smoothness, double shift) => (image, generator) =>
    {
        var (height, width) = (image.shape[1], image.shape[2]);
        var side = Math.Min(height, width);
        var x = arange(width, dtype: ScalarType.Float64, device: CPU).unsqueeze(0).expand(height, width);
        var y = arange(height, dtype: ScalarType.Float64, device: CPU).unsqueeze(1).expand(height, width);

        var (fromX, fromY) = InverseAffine(x, y, side / 3, shift * side, generator);
        var moved = Sample(image, fromX, fromY, mirrorsBetweenPixels: false);
        var (fieldX, fieldY) = (Field(), Field());
        return Sample(moved, x + fieldX, y + fieldY, mirrorsBetweenPixels: true);

        Tensor Field()
        {
            var field = empty([1, height, width], ScalarType.Float64, CPU).uniform_(-1, 1, generator);
            return (strength > 0 ? CorruptionBlur.Smooth(field, smoothness * side, cutoff: 3, PaddingModes.Replicate) * (strength * side) : field * 0).squeeze(0);
        }
    };

    /// <summary>Where points come from under the affine map that moves three points around the middle at random.</summary>
    /// <param name="arm">Distance of the points from the middle, along either axis.</param>
    /// <param name="shift">Largest change of a coordinate, in pixels.</param>
    private static (Tensor X, Tensor Y) InverseAffine(Tensor x, Tensor y, double arm, double shift, Generator generator)
    {
        var (middleX, middleY) = ((double)(x.shape[1] / 2), (double)(x.shape[0] / 2));
        var move = empty([6], ScalarType.Float64, CPU).uniform_(-shift, shift, generator).data<double>().ToArray();

        // Before: the corner (x0, y0), one arm-pair above it, and one further to the left. After: q0, q0 + u, q0 + v.
        var (x0, y0) = (middleX + arm, middleY + arm);
        var (q0X, q0Y) = (x0 + move[0], y0 + move[1]);
        var (uX, uY) = (move[2] - move[0], -(2 * arm) + move[3] - move[1]);
        var (vX, vY) = (-(2 * arm) + move[4] - move[0], -(2 * arm) + move[5] - move[1]);

        // A point q0 + a u + b v comes from (x0, y0) + a (0, -2 arm) + b (-2 arm, -2 arm).
        var determinant = (uX * vY) - (uY * vX);
        var a = ((x - q0X) * vY - (y - q0Y) * vX) / determinant;
        var b = ((y - q0Y) * uX - (x - q0X) * uY) / determinant;
        return (x0 - 2 * arm * b, y0 - 2 * arm * (a + b));
    }

    /// <summary>Interpolates bilinearly at points, [height, width] in pixels.</summary>
    /// <param name="mirrorsBetweenPixels">Beyond the edge, whether the image goes on with its outermost pixel (c b a a b c) or the one after it (c b a b c).</param>
    private static Tensor Sample(Tensor image, Tensor x, Tensor y, bool mirrorsBetweenPixels)
    {
        var (height, width) = (image.shape[1], image.shape[2]);
        var grid = mirrorsBetweenPixels
            ? stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], -1)
            : stack([2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1], -1);
        return functional.grid_sample(
            image.unsqueeze(0), grid.to(image.dtype).unsqueeze(0), GridSampleMode.Bilinear, GridSamplePaddingMode.Reflection, align_corners: !mirrorsBetweenPixels).squeeze(0);
    }

    private static Tensor Resize(Tensor image, int height, int width)
    {
        var rows = BoxFilter((int)image.shape[1], height).to(image.dtype);      // [new height, height]
        var columns = BoxFilter((int)image.shape[2], width).to(image.dtype);    // [new width, width]
        return einsum("yh,chw,xw->cyx", rows, image, columns);
    }

    /// <summary>The mean of the old pixels whose middles lie within each new pixel; if it is too small, of the one in which its middle lies.</summary>
    /// <returns>[to, from].</returns>
    private static Tensor BoxFilter(int from, int to)
    {
        var scale = (double)from / to;
        var middles = (arange(to, dtype: ScalarType.Float64, device: CPU) + 0.5) * scale;
        var offsets = (arange(from, dtype: ScalarType.Float64, device: CPU) + 0.5).unsqueeze(0) - middles.unsqueeze(1);
        var half = Math.Max(scale, 1) / 2;
        var weights = offsets.gt(-half).logical_and(offsets.le(half)).to(ScalarType.Float64);
        return weights / weights.sum(1, keepdim: true);
    }
}
