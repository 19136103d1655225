using System.Runtime.InteropServices;
using Afa.Models;
using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>
/// Andriushchenko et al. 2020 (arXiv:1912.00049), section 3.4 and algorithm 3: two pyramids of opposite sign in a square, with the length that the
/// change of another square gives up. Also for L1, which is not in the paper but in AutoAttack.
/// </summary>
/// <remarks>
/// An image of fewer than 5 rows starts with tiles of one pixel, and tiles are cut off at the border, where the authors' code fails.
/// </remarks>
internal sealed class PyramidSquareMoves(AttackNorm norm, double initialShare, double epsilon, int channels, int height, int width)
    : SquareMoves(initialShare, epsilon, channels, height, width)
{
    /// <summary>The authors' guard against division by zero.</summary>
    private const double Tiny = 1e-12;

    private readonly Dictionary<int, double[]> _pyramids = [];
    private readonly double[] _change = new double[channels * height * width];

    /// <inheritdoc/>
    public override void Start(ReadOnlySpan<double> image, Span<double> start, Func<double> uniform)
    {
        Array.Clear(_change);
        var side = Math.Max(Height / 5, 1);
        var first = Math.Max(Height - side * 5, 0) / 2;
        for (var row = 0; row < Height / side; row++)
        {
            for (var column = 0; column < Width / side; column++)
            {
                AddTile(first + row * side, first + column * side, side, uniform);
            }
        }

        Fit(image, start);
    }

    /// <inheritdoc/>
    public override ImageWindow? Move(int query, ReadOnlySpan<double> image, Span<double> point, Func<double> uniform)
    {
        var side = Math.Min(Math.Max(Side(query), 3) | 1, Math.Min(Height, Width));
        var target = Place(side, uniform);
        var source = Place(side, uniform);
        var isTransposed = uniform() > 0.5;
        for (var i = 0; i < _change.Length; i++)
        {
            _change[i] = point[i] - image[i];
        }

        var unused = Math.Max(Power(Epsilon) - Total(_change), 0);
        for (var channel = 0; channel < Channels; channel++)
        {
            Replace(channel, side, target, source, isTransposed, Sign(uniform), unused);
        }

        return Fit(image, point) ? Whole : null;
    }

    /// <summary>Adds a pyramid pair of one channel to what is in the target, and takes what is in the source away.</summary>
    /// <param name="unused">What the whole change could still grow by, see <see cref="Power"/>.</param>
    private void Replace(int channel, int side, (int Top, int Left) target, (int Top, int Left) source, bool isTransposed, double sign, double unused)
    {
        var plane = _change.AsSpan(channel * Plane, Plane);
        double targetPower = 0;
        double sourcePower = 0;
        for (var row = 0; row < side; row++)
        {
            for (var column = 0; column < side; column++)
            {
                targetPower += Power(plane[(target.Top + row) * Width + target.Left + column]);
                var (sourceRow, sourceColumn) = (source.Top + row, source.Left + column);
                var isShared = sourceRow >= target.Top && sourceRow < target.Top + side && sourceColumn >= target.Left && sourceColumn < target.Left + side;
                sourcePower += isShared ? 0 : Power(plane[sourceRow * Width + sourceColumn]);
            }
        }

        var pyramid = Pyramid(side);
        var added = new double[side * side];
        double addedPower = 0;
        for (var i = 0; i < added.Length; i++)
        {
            var (row, column) = (i / side, i % side);
            var old = plane[(target.Top + row) * Width + target.Left + column] / (Tiny + Length(targetPower));
            added[i] = sign * pyramid[isTransposed ? column * side + row : i] + old;
            addedPower += Power(added[i]);
        }

        // In L1 the authors' code lets every channel grow as much as all together may; the projection takes the rest away.
        var length = Length(unused / Channels + targetPower + sourcePower) * (norm == AttackNorm.L1 ? Channels : 1);
        var factor = length / (Tiny + Length(addedPower));
        for (var row = 0; row < side; row++)
        {
            plane.Slice((source.Top + row) * Width + source.Left, side).Clear();
        }

        for (var i = 0; i < added.Length; i++)
        {
            plane[(target.Top + i / side) * Width + target.Left + i % side] = added[i] * factor;
        }
    }

    private void AddTile(int top, int left, int side, Func<double> uniform)
    {
        var pyramid = Pyramid(side);
        var isTransposed = uniform() > 0.5;
        for (var channel = 0; channel < Channels; channel++)
        {
            var sign = Sign(uniform);
            for (var row = 0; row < Math.Min(side, Height - top); row++)
            {
                for (var column = 0; column < Math.Min(side, Width - left); column++)
                {
                    _change[channel * Plane + (top + row) * Width + left + column] += sign * pyramid[isTransposed ? column * side + row : row * side + column];
                }
            }
        }
    }

    /// <summary>Writes the image plus the change, brought into the ball and into [0, 1]. Returns false if that is the point already.</summary>
    private bool Fit(ReadOnlySpan<double> image, Span<double> point)
    {
        if (norm == AttackNorm.L1)
        {
            using var scope = NewDisposeScope();
            using var noGradients = no_grad();
            long[] shape = [1, Channels, Height, Width];
            var projected = L1Ball.Project(tensor(image.ToArray(), shape, device: CPU), tensor(_change, shape, device: CPU), tensor([Epsilon * (1 - 1e-6)], device: CPU));
            MemoryMarshal.Cast<byte, double>(projected.bytes).CopyTo(_change);
        }

        var factor = norm == AttackNorm.L1 ? 1 : Epsilon / (Length(Total(_change)) + Tiny);
        var hasChanged = false;
        for (var i = 0; i < point.Length; i++)
        {
            var value = Math.Clamp(image[i] + factor * _change[i], 0, 1);
            hasChanged |= value != point[i];
            point[i] = value;
        }

        return hasChanged;
    }

    /// <summary>Two pyramids of opposite sign, one above the other, of total length 1: equation 1 of the paper. Row-major.</summary>
    private double[] Pyramid(int side)
    {
        if (!_pyramids.TryGetValue(side, out var pair))
        {
            var half = side / 2;
            pair = [.. HalfPyramid(half, side), .. HalfPyramid(side - half, side).Select(value => -value)];
            var length = Length(Total(pair));
            _pyramids[side] = pair = [.. pair.Select(value => value / length)];
        }

        return pair;
    }

    /// <summary>A pyramid of rings around the middle, of length 1.</summary>
    private double[] HalfPyramid(int rows, int columns)
    {
        var values = new double[rows * columns];
        var (middleRow, middleColumn) = (rows / 2, columns / 2);
        for (var i = 0; i < values.Length; i++)
        {
            var distance = Math.Max(Math.Abs(i / columns - middleRow), Math.Abs(i % columns - middleColumn));
            for (var ring = distance; ring < Math.Max(middleRow, middleColumn) + 1; ring++)
            {
                values[i] += Math.Pow(ring + 1, norm == AttackNorm.L1 ? -4 : -2);
            }
        }

        var length = Length(Total(values));
        return [.. values.Select(value => value / length)];
    }

    private double Total(double[] values)
    {
        double total = 0;
        foreach (var value in values)
        {
            total += Power(value);
        }

        return total;
    }

    /// <summary>What a pixel adds to the norm: its square in L2, its absolute value in L1.</summary>
    private double Power(double value) => norm == AttackNorm.L1 ? Math.Abs(value) : value * value;

    /// <summary>The norm that a sum of <see cref="Power"/> stands for.</summary>
    private double Length(double power) => norm == AttackNorm.L1 ? power : Math.Sqrt(power);
}
