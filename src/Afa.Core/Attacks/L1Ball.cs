using System.Numerics;
using System.Runtime.InteropServices;
using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>The L1 ball around an image, as far as it lies in the pixel range.</summary>
public static class L1Ball
{
    /// <summary>Of the radius: how far the sum may be from it when the last step, exact on its piece, is taken.</summary>
    private const double Tolerance = 1e-12;

    /// <summary>Finds the nearest allowed perturbation: Croce and Hein 2021 (arXiv:2103.01208), section 3.1.</summary>
    /// <param name="images">Centers, [batch, ...], pixels in [0, 1].</param>
    /// <param name="change">What is added to them, of the same shape.</param>
    /// <param name="radius">Greater than 0, one for each image: any shape with as many numbers as images.</param>
    /// <returns>
    /// The change δ nearest to the given one in L2 with ‖δ‖₁ ≤ radius and images + δ in [0, 1], to rounding. What it sets to 0 is exactly 0.
    /// The caller owns it.
    /// </returns>
    /// <remarks>
    /// Each |δ_i| is |change_i| less λ, but at least 0 and at most the room up to the pixel range. The sum over i falls in straight pieces as
    /// λ grows. The paper sorts the points where pieces meet; here Newton's method, kept in bounds by halving them, finds the λ ≥ 0 where the sum is
    /// the radius: it is exact once it comes to the right piece.
    /// </remarks>
    /// <exception cref="ArgumentException">A shape does not fit.</exception>
    public static Tensor Project(Tensor images, Tensor change, Tensor radius)
    {
        Require.SameShape(change, nameof(change), images, nameof(images));
        if (radius.numel() != images.shape[0])
        {
            throw new ArgumentException($"radius must hold one number for each of the {images.shape[0]} images, not {radius.numel()}.", nameof(radius));
        }

        using var scope = NewDisposeScope();
        var size = change.abs();
        var inRange = where(change.gt(0), 1 - images, images).minimum(size);           // |δ| at λ = 0
        var threshold = Thresholds(size, inRange, radius).reshape([-1, .. Enumerable.Repeat(1L, images.shape.Length - 1)]);
        return (size - threshold).clamp_(min: 0).minimum(inRange).mul_(change.sign()).MoveToOuterDisposeScope();
    }

    /// <summary>Finds λ, [batch].</summary>
    private static Tensor Thresholds(Tensor size, Tensor inRange, Tensor radius)
    {
        using var scope = NewDisposeScope();
        var (allSizes, allInRange) = (OnCpu(size.flatten(1)), OnCpu(inRange.flatten(1)));
        var (largest, radii) = (OnCpu(allSizes.amax(1)).data<double>().ToArray(), OnCpu(radius).data<double>().ToArray());
        var sizes = MemoryMarshal.Cast<byte, double>(allSizes.bytes);
        var inRanges = MemoryMarshal.Cast<byte, double>(allInRange.bytes);
        var pixels = (int)allSizes.shape[1];
        var thresholds = new double[radii.Length];
        for (var row = 0; row < radii.Length; row++)
        {
            thresholds[row] = Threshold(sizes.Slice(row * pixels, pixels), inRanges.Slice(row * pixels, pixels), largest[row], radii[row]);
        }

        return tensor(thresholds, dtype: size.dtype, device: size.device).MoveToOuterDisposeScope();

        static Tensor OnCpu(Tensor values) => values.to(ScalarType.Float64).cpu().contiguous();
    }

    private static double Threshold(ReadOnlySpan<double> size, ReadOnlySpan<double> inRange, double largest, double radius)
    {
        var threshold = 0.0;
        var (sum, falling) = Sum(size, inRange, threshold);
        if (sum <= radius)
        {
            return threshold;
        }

        // At the lower bound the sum is more than the radius, at the upper one it is not.
        var (lower, upper, step) = (threshold, largest, largest);
        while (Math.Abs(sum - radius) > Tolerance * radius)
        {
            var next = threshold + (sum - radius) / falling;
            if (!(next > lower && next < upper && Math.Abs(next - threshold) < step / 2))
            {
                next = lower + (upper - lower) / 2;
                if (!(next > lower && next < upper))
                {
                    return upper;   // No number is between them.
                }
            }

            (threshold, step) = (next, Math.Abs(next - threshold));
            (sum, falling) = Sum(size, inRange, threshold);
            (lower, upper) = sum > radius ? (threshold, upper) : (lower, threshold);
        }

        return falling > 0 ? threshold + (sum - radius) / falling : threshold;
    }

    /// <summary>Σ|δ_i| at one λ, and how many |δ_i| fall from there on.</summary>
    private static (double Sum, double Falling) Sum(ReadOnlySpan<double> size, ReadOnlySpan<double> inRange, double threshold)
    {
        var (sums, counts, thresholds) = (Vector<double>.Zero, Vector<double>.Zero, new Vector<double>(threshold));
        var i = 0;
        for (; i <= size.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var room = new Vector<double>(inRange[i..]);
            var shrunk = Vector.Max(new Vector<double>(size[i..]) - thresholds, Vector<double>.Zero);
            sums += Vector.Min(shrunk, room);
            var isFalling = Vector.GreaterThan(shrunk, Vector<double>.Zero) & Vector.LessThanOrEqual(shrunk, room);
            counts += Vector.ConditionalSelect(isFalling, Vector<double>.One, Vector<double>.Zero);
        }

        var (sum, falling) = (Vector.Sum(sums), Vector.Sum(counts));
        for (; i < size.Length; i++)
        {
            var shrunk = Math.Max(size[i] - threshold, 0);
            sum += Math.Min(shrunk, inRange[i]);
            falling += shrunk > 0 && shrunk <= inRange[i] ? 1 : 0;
        }

        return (sum, falling);
    }
}
