namespace Afa.Tests.Federation.Privacy;

/// <summary>Pearson's chi-squared statistic of bytes against the uniform distribution, of 255 degrees of freedom.</summary>
internal static class Uniformity
{
    /// <summary>Wilson and Hilferty's approximation at ∓6.5 standard deviations: uniform bytes lie outside less than once in 10⁹ cases.</summary>
    public const double Least = 130;
    public const double Most = 432;

    public static double ChiSquared(ReadOnlySpan<byte> bytes)
    {
        var counts = new int[256];
        foreach (var value in bytes)
        {
            counts[value]++;
        }

        var expected = bytes.Length / 256.0;
        return counts.Sum(count => (count - expected) * (count - expected) / expected);
    }
}
