using Afa.Models;

namespace Afa.Attacks;

/// <summary>Andriushchenko et al. 2020 (arXiv:1912.00049), section 3.3 and algorithm 2: squares of one color, at the surface of the Linf ball.</summary>
internal sealed class LinfSquareMoves(double initialShare, double epsilon, int channels, int height, int width)
    : SquareMoves(initialShare, epsilon, channels, height, width)
{
    /// <inheritdoc/>
    public override void Start(ReadOnlySpan<double> image, Span<double> start, Func<double> uniform)
    {
        for (var channel = 0; channel < Channels; channel++)
        {
            for (var column = 0; column < Width; column++)
            {
                var change = Epsilon * Sign(uniform);
                for (var pixel = channel * Plane + column; pixel < (channel + 1) * Plane; pixel += Width)
                {
                    start[pixel] = Math.Clamp(image[pixel] + change, 0, 1);
                }
            }
        }
    }

    /// <inheritdoc/>
    public override ImageWindow? Move(int query, ReadOnlySpan<double> image, Span<double> point, Func<double> uniform)
    {
        var side = Math.Min(Math.Max(Side(query), 1), Math.Min(Height, Width));
        var (top, left) = Place(side, uniform);
        var hasChanged = false;
        for (var channel = 0; channel < Channels; channel++)
        {
            var change = 2 * Epsilon * Sign(uniform);
            for (var row = top; row < top + side; row++)
            {
                var first = channel * Plane + row * Width + left;
                for (var pixel = first; pixel < first + side; pixel++)
                {
                    var value = Math.Clamp(point[pixel] + change, image[pixel] - Epsilon, image[pixel] + Epsilon);
                    value = Math.Clamp(value, 0, 1);
                    hasChanged |= value != point[pixel];
                    point[pixel] = value;
                }
            }
        }

        return hasChanged ? new(top, left, side, side) : null;
    }
}
