using System.Numerics;

namespace Afa.Attacks;

/// <summary>The shortest way from a point to a hyperplane within the pixel range, which FAB needs: Croce and Hein 2020 (arXiv:1907.02044).</summary>
/// <remarks>
/// The amount |d_i| that a pixel changes by is min(λ v_i, room_i) with v_i = 1 for Linf and |w_i| for L2, so w · d is a concave function of λ made
/// of straight pieces. The paper sorts the ends of the pieces; here Newton's method, which is exact on such a function and comes from below, finds λ
/// in a few passes. For L1 the pixels of largest |w_i| move first, and the limit on |w_i| is bisected.
/// Pixels with |w_i| ≤ 1e-8 (Linf: w_i = 0) stay, as in the authors' code.
/// </remarks>
public static class BoxHyperplane
{
    private const double Negligible = 1e-8;

    /// <summary>Computes the smallest d in a norm with w · (x + d) = b and x + d in [0, 1]; where no such d is, the d that comes nearest to the hyperplane.</summary>
    /// <param name="point">x: pixels in [0, 1].</param>
    /// <param name="normal">w, of the same length.</param>
    /// <param name="offset">b.</param>
    /// <param name="displacement">Receives d; of the same length.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Project(ReadOnlySpan<double> point, ReadOnlySpan<double> normal, double offset, AttackNorm norm, Span<double> displacement)
    {
        if (normal.Length != point.Length || displacement.Length != point.Length)
        {
            throw new ArgumentException($"point, normal and displacement must have the same length, not {point.Length}, {normal.Length} and {displacement.Length}.");
        }

        var excess = -offset;
        for (var i = 0; i < point.Length; i++)
        {
            excess += normal[i] * point[i];
        }

        // First the whole way to the border that each pixel may go; then shortened.
        var isAbove = excess >= 0;
        var negligible = norm == AttackNorm.Linf ? 0 : Negligible;
        for (var i = 0; i < point.Length; i++)
        {
            var border = normal[i] > 0 == isAbove ? 0 : 1;
            displacement[i] = Math.Abs(normal[i]) > negligible ? border - point[i] : 0;
        }

        if (norm == AttackNorm.L1)
        {
            MoveLargest(normal, Math.Abs(excess), displacement);
        }
        else
        {
            MoveTogether(normal, Math.Abs(excess), isL2: norm == AttackNorm.L2, displacement);
        }
    }

    private static void MoveTogether(ReadOnlySpan<double> normal, double amount, bool isL2, Span<double> displacement)
    {
        double multiplier = 0, next = 0;
        do
        {
            multiplier = next;
            var (filled, slope) = isL2 ? Filling<Weighted>(normal, displacement, multiplier) : Filling<Even>(normal, displacement, multiplier);
            if (slope == 0)
            {
                return;   // Every pixel is at its border, and that is not far enough or just so.
            }

            next = (amount - filled) / slope;
        }
        while (next > multiplier);

        for (var i = 0; i < displacement.Length; i++)
        {
            var limit = isL2 ? multiplier * Math.Abs(normal[i]) : multiplier;
            displacement[i] = Math.Clamp(displacement[i], -limit, limit);
        }
    }

    /// <summary>At one λ: what the pixels at their borders add to |w · d|, and how fast the others add to it.</summary>
    private static (double Filled, double Slope) Filling<TSpeed>(ReadOnlySpan<double> normal, ReadOnlySpan<double> room, double multiplier)
        where TSpeed : ISpeed
    {
        var (filledLanes, slopeLanes) = (Vector<double>.Zero, Vector<double>.Zero);
        var lambda = new Vector<double>(multiplier);
        var i = 0;
        for (; i <= normal.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var weight = Vector.Abs(new Vector<double>(normal[i..]));
            var distance = Vector.Abs(new Vector<double>(room[i..]));
            var speed = TSpeed.Of(weight);
            var isFree = Vector.GreaterThan(distance, lambda * speed);
            filledLanes += Vector.ConditionalSelect(isFree, Vector<double>.Zero, weight * distance);
            slopeLanes += Vector.ConditionalSelect(isFree, weight * speed, Vector<double>.Zero);
        }

        var (filled, slope) = (Vector.Sum(filledLanes), Vector.Sum(slopeLanes));
        for (; i < normal.Length; i++)
        {
            var weight = Math.Abs(normal[i]);
            var distance = Math.Abs(room[i]);
            var speed = TSpeed.Of(weight);
            var isFree = distance > multiplier * speed;
            filled += isFree ? 0 : weight * distance;
            slope += isFree ? weight * speed : 0;
        }

        return (filled, slope);
    }

    private static void MoveLargest(ReadOnlySpan<double> normal, double amount, Span<double> displacement)
    {
        if (AmountAbove(normal, displacement, 0) <= amount)
        {
            return;
        }

        // Pixels above the upper limit all move and do not reach; with those above the lower one, they do.
        var (lower, upper) = (0.0, double.BitIncrement(Largest(normal)));
        for (var middle = upper / 2; middle > lower && middle < upper; middle = lower + (upper - lower) / 2)
        {
            if (AmountAbove(normal, displacement, middle) > amount)
            {
                lower = middle;
            }
            else
            {
                upper = middle;
            }
        }

        var rest = amount - AmountAbove(normal, displacement, upper);
        for (var i = 0; i < normal.Length; i++)
        {
            var weight = Math.Abs(normal[i]);
            if (weight <= upper)
            {
                var limit = weight > lower ? Math.Max(rest, 0) / weight : 0;
                displacement[i] = Math.Clamp(displacement[i], -limit, limit);
                rest -= weight * Math.Abs(displacement[i]);
            }
        }
    }

    /// <summary>|w · d| if the pixels of |w_i| above a limit all go to their borders.</summary>
    private static double AmountAbove(ReadOnlySpan<double> normal, ReadOnlySpan<double> room, double limit)
    {
        var lanes = Vector<double>.Zero;
        var limits = new Vector<double>(limit);
        var i = 0;
        for (; i <= normal.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var weight = Vector.Abs(new Vector<double>(normal[i..]));
            lanes += Vector.ConditionalSelect(Vector.GreaterThan(weight, limits), weight * Vector.Abs(new Vector<double>(room[i..])), Vector<double>.Zero);
        }

        var sum = Vector.Sum(lanes);
        for (; i < normal.Length; i++)
        {
            sum += Math.Abs(normal[i]) > limit ? Math.Abs(normal[i] * room[i]) : 0;
        }

        return sum;
    }

    private static double Largest(ReadOnlySpan<double> normal)
    {
        var largest = 0.0;
        foreach (var weight in normal)
        {
            largest = Math.Max(largest, Math.Abs(weight));
        }

        return largest;
    }

    /// <summary>v_i: how fast a pixel moves as λ grows.</summary>
    private interface ISpeed
    {
        static abstract double Of(double weight);

        static abstract Vector<double> Of(Vector<double> weight);
    }

    private readonly struct Even : ISpeed
    {
        public static double Of(double weight) => 1;

        public static Vector<double> Of(Vector<double> weight) => Vector<double>.One;
    }

    private readonly struct Weighted : ISpeed
    {
        public static double Of(double weight) => weight;

        public static Vector<double> Of(Vector<double> weight) => weight;
    }
}
