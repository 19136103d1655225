using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>Random clouds by the diamond-square method: Fournier, Fussell and Carpenter 1982 ("Computer rendering of stochastic models").</summary>
internal static class PlasmaFractal
{
    /// <summary>Draws a cloud that goes on at the opposite edge.</summary>
    /// <param name="least">Side that is wanted.</param>
    /// <param name="decay">The square of it is how much smaller the random part gets as the distance of points is halved; larger is smoother.</param>
    /// <returns>[side, side] in [0, 1], float64; side is the power of two that is not less than the one wanted. The caller owns it.</returns>
    public static Tensor Draw(int least, double decay, Generator generator)
    {
        using var scope = NewDisposeScope();
        var side = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, least));
        var heights = empty([side, side], ScalarType.Float64, CPU).uniform_(-1, 1, generator);   // Each point's random part, until its turn comes.
        Fill(MemoryMarshal.Cast<byte, double>(heights.bytes), side, decay);
        heights -= heights.min();
        return (heights / heights.max()).MoveToOuterDisposeScope();
    }

    private static void Fill(Span<double> heights, int side, double decay)
    {
        heights[0] = 0;
        var amplitude = 1.0;
        for (var step = side; step >= 2; step /= 2)
        {
            var half = step / 2;
            for (var y = 0; y < side; y += step)
            {
                for (var x = 0; x < side; x += step)
                {
                    Set(heights, side, x + half, y + half, half, half, amplitude);   // The middle of four corners.
                }
            }

            for (var y = 0; y < side; y += step)
            {
                for (var x = 0; x < side; x += step)
                {
                    Set(heights, side, x + half, y, half, 0, amplitude);             // The middles of two edges.
                    Set(heights, side, x, y + half, half, 0, amplitude);
                }
            }

            amplitude /= decay * decay;
        }
    }

    /// <summary>Sets a point to the mean of four others plus its random part.</summary>
    /// <param name="right">The first of the others is this far to the right and <paramref name="down"/> below; each next one a quarter turn on.</param>
    private static void Set(Span<double> heights, int side, int x, int y, int right, int down, double amplitude)
    {
        var sum = At(heights, side, x + right, y + down) + At(heights, side, x - down, y + right) + At(heights, side, x - right, y - down) + At(heights, side, x + down, y - right);
        heights[(y * side) + x] = (sum / 4) + (amplitude * heights[(y * side) + x]);
    }

    private static double At(Span<double> heights, int side, int x, int y) => heights[((y & (side - 1)) * side) + (x & (side - 1))];
}
