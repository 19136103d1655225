namespace Afa.Federation.Privacy;

/// <summary>Weighted numbers as words that add up modulo 2³², so that masks can hide them: Bonawitz et al. 2017, section 4 ("Z_R").</summary>
/// <remarks>
/// A value is clamped first and weighted then: which values are clamped, and to what, does not depend on whose they are. The range so holds for the values
/// and for their weighted mean; of a sum it is as many times as wide as the weights come to. The scale is a power of two, so that scaling itself is exact
/// and only the rounding to a whole number is not.
/// </remarks>
public sealed class FixedPointCode
{
    private readonly double _range;

    /// <param name="range">Values are clamped to [−range, range]; greater than 0.</param>
    /// <param name="clients">How many values a sum has at most, and what their weights come to at most, in [1, 65536]. Their words cannot wrap around.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public FixedPointCode(double range, int clients)
    {
        if (range is not (>= 1e-30 and <= 1e30))
        {
            throw new ArgumentOutOfRangeException(nameof(range), range, "The range of a fixed-point code must be in [1e-30, 1e30].");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(clients, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(clients, 65_536);
        _range = range;
        Clients = clients;

        // The largest power of two for which clients × (range × scale + 1) ≤ 2³¹ − 1. Weights that come to at most clients make a sum of at most
        // clients × range × scale before rounding, which adds at most half a unit for each; the other half is for the rounding of the weights.
        var largestCode = int.MaxValue / clients - 1;
        var exponent = Math.ILogB(largestCode / range);
        Scale = Math.ScaleB(1, exponent);
    }

    /// <summary>How many values a sum has at most.</summary>
    public int Clients { get; }

    /// <summary>Words of one unit: values are multiples of 1 / Scale.</summary>
    public double Scale { get; }

    /// <summary>How many of some values <see cref="Encode"/> changes by clamping them, whatever their weight.</summary>
    /// <param name="range">Of the code.</param>
    public static long CountClamped(ReadOnlySpan<float> values, double range)
    {
        var clamped = 0L;
        foreach (var value in values)
        {
            clamped += Math.Abs((double)value) > range ? 1 : 0;
        }

        return clamped;
    }

    /// <summary>The multiple of 1 / <see cref="Scale"/> that is nearest to the clamped value times its weight, in two's complement.</summary>
    /// <param name="weight">In (0, clients]; those of a sum come to at most clients.</param>
    /// <exception cref="ArgumentException">The value or the weight is not finite, or the weight out of its range.</exception>
    public uint Encode(float value, double weight = 1)
    {
        if (!float.IsFinite(value))
        {
            throw new ArgumentException($"A coordinate of an update must be finite, not {value}: it has no fixed-point code, and the training of this update has diverged.", nameof(value));
        }

        if (weight is not > 0 || weight > Clients)
        {
            throw new ArgumentOutOfRangeException(nameof(weight), weight, $"The weight of an update must be in (0, {Clients}]: their sum could wrap around.");
        }

        return unchecked((uint)(int)Math.Round(Math.Clamp(value, -_range, _range) * weight * Scale));
    }

    /// <summary>The sum that a sum of words, modulo 2³², stands for.</summary>
    public float DecodeSum(uint word) => (float)(unchecked((int)word) / Scale);

    /// <summary>Largest distance of a decoded sum from the sum of the clamped values, each with weight 1.</summary>
    /// <param name="summands">In [0, clients].</param>
    public double LargestError(int summands) => LargestError(summands, summands);

    /// <summary>
    /// Largest distance of a decoded sum from the sum of the clamped and weighted values: half a unit for each, whatever its weight, and the rounding of
    /// products to float64 and of the result to float32. Of the weighted mean it is that, divided by what the weights come to.
    /// </summary>
    /// <param name="summands">In [0, clients].</param>
    /// <param name="weights">What their weights come to, in [0, clients].</param>
    public double LargestError(int summands, double weights)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(summands);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(summands, Clients);
        ArgumentOutOfRangeException.ThrowIfNegative(weights);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(weights, Clients);
        var rounding = summands * 0.5 / Scale;
        return rounding + (weights * _range + rounding) * (Math.ScaleB(1, -24) + Math.ScaleB(1, -53));
    }
}
