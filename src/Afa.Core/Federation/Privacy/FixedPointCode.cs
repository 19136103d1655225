namespace Afa.Federation.Privacy;

/// <summary>Numbers as words that add up modulo 2³², so that masks can hide them: Bonawitz et al. 2017, section 4 ("Z_R").</summary>
/// <remarks>The scale is a power of two, so that scaling itself is exact and only the rounding to a whole number is not.</remarks>
public sealed class FixedPointCode
{
    private readonly double _range;

    /// <param name="range">Values are clamped to [−range, range]; greater than 0.</param>
    /// <param name="clients">How many values a sum has at most, in [1, 65536]. Their words cannot wrap around.</param>
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

        // The largest power of two for which clients × range × scale ≤ 2³¹ − 1; a sum of rounded values is then at most that, too.
        var largestCode = int.MaxValue / clients;
        var exponent = Math.ILogB(largestCode / range);
        Scale = Math.ScaleB(1, exponent);
    }

    /// <summary>How many values a sum has at most.</summary>
    public int Clients { get; }

    /// <summary>Words of one unit: values are multiples of 1 / Scale.</summary>
    public double Scale { get; }

    /// <summary>The nearest multiple of 1 / <see cref="Scale"/>, in two's complement.</summary>
    /// <exception cref="ArgumentException">The value is not a number.</exception>
    public uint Encode(float value)
    {
        if (float.IsNaN(value))
        {
            throw new ArgumentException("A coordinate that is not a number has no fixed-point code; the training of this update has diverged.", nameof(value));
        }

        return unchecked((uint)(int)Math.Round(Math.Clamp(value, -_range, _range) * Scale));
    }

    /// <summary>The sum that a sum of words, modulo 2³², stands for.</summary>
    public float DecodeSum(uint word) => (float)(unchecked((int)word) / Scale);

    /// <summary>
    /// Largest distance of a decoded sum from the sum of the clamped values: half a unit for each, and the rounding of the result to float32.
    /// </summary>
    /// <param name="summands">In [0, clients].</param>
    public double LargestError(int summands)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(summands);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(summands, Clients);
        var rounding = summands * 0.5 / Scale;
        return rounding + (summands * _range + rounding) * Math.ScaleB(1, -24);
    }
}
