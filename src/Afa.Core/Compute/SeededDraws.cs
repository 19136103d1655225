namespace Afa.Compute;

/// <summary>A sequence of random numbers. Integers are the same on every platform; the others may differ in the last bit of a logarithm.</summary>
/// <param name="seed">Derived by <see cref="Seed.Derive"/> from what the draws are for.</param>
internal sealed class SeededDraws(ulong seed)
{
    private ulong _drawn;

    /// <summary>Draws from [0, bound), each value with the same probability.</summary>
    /// <remarks>Lemire 2019 (arXiv:1805.10941), algorithm 5, with 64-bit words.</remarks>
    public int Below(int bound)
    {
        var range = (ulong)bound;
        var high = Math.BigMul(Next(), range, out var low);
        if (low < range)
        {
            var threshold = (0 - range) % range;
            while (low < threshold)
            {
                high = Math.BigMul(Next(), range, out low);
            }
        }

        return (int)high;
    }

    /// <summary>Puts values into random order: Durstenfeld 1964 (Fisher-Yates).</summary>
    public void Shuffle<T>(Span<T> values)
    {
        for (var last = values.Length - 1; last > 0; last--)
        {
            var other = Below(last + 1);
            (values[last], values[other]) = (values[other], values[last]);
        }
    }

    /// <summary>Draws from (0, 1): the midpoint of one of 2^53 equal intervals, so that a logarithm is finite.</summary>
    public double Unit() => ((Next() >> 11) + 0.5) / (1UL << 53);

    /// <summary>Draws from the standard normal distribution: Box and Muller 1958, one of the pair.</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(Unit())) * Math.Cos(2 * Math.PI * Unit());

    /// <summary>Draws the logarithm of a value from the gamma distribution with scale 1: Marsaglia and Tsang 2000, sections 2 and 6.</summary>
    /// <param name="shape">α, greater than 0.</param>
    /// <remarks>Below α = 1 it is a draw of α + 1 times U^(1/α). That may be far below the smallest double, hence the logarithm.</remarks>
    public double LogGamma(double shape)
    {
        if (shape < 1)
        {
            return LogGamma(shape + 1) + (Math.Log(Unit()) / shape);
        }

        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = Normal();
            var v = Math.Pow(1 + (c * x), 3);
            if (v > 0 && Math.Log(Unit()) < (x * x / 2) + d - (d * v) + (d * Math.Log(v)))
            {
                return Math.Log(d * v);
            }
        }
    }

    private ulong Next() => Seed.Derive(seed, _drawn++);
}
