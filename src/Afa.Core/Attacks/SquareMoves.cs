using Afa.Models;

namespace Afa.Attacks;

/// <summary>How a <see cref="SquareSearch"/> moves in one ball. Images are [channel, height, width] in row-major order.</summary>
/// <param name="initialShare">Of the options.</param>
/// <param name="epsilon">Radius of the ball, in pixel units.</param>
internal abstract class SquareMoves(double initialShare, double epsilon, int channels, int height, int width)
{
    private static readonly int[] Halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

    protected double Epsilon { get; } = epsilon;

    protected int Channels { get; } = channels;

    protected int Height { get; } = height;

    protected int Width { get; } = width;

    /// <summary>Number of pixels in each channel.</summary>
    protected int Plane { get; } = height * width;

    /// <exception cref="ArgumentException">The norm is not known.</exception>
    public static SquareMoves Create(double initialShare, AttackNorm norm, double epsilon, int channels, int height, int width) => norm switch
    {
        AttackNorm.Linf => new LinfSquareMoves(initialShare, epsilon, channels, height, width),
        AttackNorm.L2 or AttackNorm.L1 => new PyramidSquareMoves(norm, initialShare, epsilon, channels, height, width),
        _ => throw new ArgumentException($"The square attack knows the norms Linf, L2 and L1, not {norm}.", nameof(norm)),
    };

    public ImageWindow Whole { get; } = new(0, 0, height, width);

    /// <summary>Writes the point where a search starts.</summary>
    /// <param name="uniform">Draws from [0, 1).</param>
    public abstract void Start(ReadOnlySpan<double> image, Span<double> start, Func<double> uniform);

    /// <summary>Changes a square of a point that lies in the ball around the image and in [0, 1], and leaves it there.</summary>
    /// <param name="query">Number of the query, from 0; the squares shrink with it.</param>
    /// <param name="point">Changed in place.</param>
    /// <returns>Where the point may have changed; null if it is what it was.</returns>
    public abstract ImageWindow? Move(int query, ReadOnlySpan<double> image, Span<double> point, Func<double> uniform);

    /// <summary>Side of the square of a query in pixels, before it is fitted into the image.</summary>
    public int Side(int query)
    {
        var share = initialShare / (1 << Halvings.Count(after => query > after));
        return (int)Math.Round(Math.Sqrt(share * Plane));
    }

    /// <summary>Draws a square's place. The last row and column are never reached, as in the authors' code.</summary>
    protected (int Top, int Left) Place(int side, Func<double> uniform) => ((int)((Height - side) * uniform()), (int)((Width - side) * uniform()));

    protected static double Sign(Func<double> uniform) => uniform() < 0.5 ? -1 : 1;
}
