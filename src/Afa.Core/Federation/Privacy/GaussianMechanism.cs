using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Afa.Federation.Privacy;

/// <summary>The Gaussian mechanism of Dwork and Roth 2014 ("The Algorithmic Foundations of Differential Privacy"), appendix A: adds independent normal noise.</summary>
/// <remarks>
/// The noise comes from the platform's cryptographic generator and not from the run's seed, unlike every other draw of this project: who can draw the
/// noise again can take it off, and the seed stands in the options that everyone sees. A round with noise so cannot be repeated bit for bit.
/// Box and Muller 1958, in float64, with a radius of 64 random bits: no draw lies beyond 9.5 standard deviations, where one in 10²¹ should.
/// <para>ε holds for noise on the real line. Mironov 2012 ("On Significance of the Least Significant Bits for Differential Privacy") shows that
/// floating-point sums leave traces of what was summed in their lowest bits, against which neither this nor the common libraries protect by default;
/// the rounding of the noised sum to float32 removes most of those of float64, but nothing is proven.</para>
/// Not thread-safe.
/// </remarks>
public sealed class GaussianMechanism : IDisposable
{
    private readonly double _standardDeviation;

    // Pinned, so that no copy is left behind when memory is compacted.
    private readonly ulong[] _randomBits = GC.AllocateArray<ulong>(1024, pinned: true);

    /// <param name="standardDeviation">Of each coordinate's noise, greater than 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not a positive number.</exception>
    public GaussianMechanism(double standardDeviation)
    {
        if (standardDeviation is not (> 0 and < double.PositiveInfinity))
        {
            throw new ArgumentOutOfRangeException(nameof(standardDeviation), standardDeviation, "The standard deviation of the noise must be greater than 0.");
        }

        _standardDeviation = standardDeviation;
    }

    /// <summary>Adds a draw of its own to each value, in float64, and rounds to float32.</summary>
    public void AddNoise(Span<float> values)
    {
        for (var start = 0; start < values.Length; start += _randomBits.Length)
        {
            RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(_randomBits.AsSpan()));
            var slice = values.Slice(start, Math.Min(_randomBits.Length, values.Length - start));
            for (var i = 0; i < slice.Length; i += 2)
            {
                var (first, second) = NormalPair(_randomBits[i], _randomBits[i + 1]);
                slice[i] = (float)(slice[i] + _standardDeviation * first);
                if (i + 1 < slice.Length)
                {
                    slice[i + 1] = (float)(slice[i + 1] + _standardDeviation * second);
                }
            }
        }

        Clear();
    }

    public void Dispose() => Clear();

    /// <summary>Two independent standard normal draws: √(−2 log u) (cos 2πv, sin 2πv), with u in (0, 1] and v in [0, 1).</summary>
    private static (double First, double Second) NormalPair(ulong radiusBits, ulong angleBits)
    {
        var u = Math.ScaleB(radiusBits + 0.5, -64);
        var v = Math.ScaleB(angleBits >> 11, -53);
        var radius = Math.Sqrt(-2 * Math.Log(u));
        var (sin, cos) = double.SinCosPi(2 * v);
        return (radius * cos, radius * sin);
    }

    private void Clear() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_randomBits.AsSpan()));
}
