namespace Afa.Federation.Privacy;

/// <summary>erfcx(x) = exp(x²) erfc(x), which stays a plain number where erfc underflows; NIST's Digital Library of Mathematical Functions, chapter 7.</summary>
internal static class ScaledComplementaryError
{
    // Where the series below loses two of its sixteen digits to cancellation, and the continued fraction needs some 60 terms.
    private const double Middle = 2;

    /// <summary>log erfcx(x) for any real x, to about 13 digits.</summary>
    public static double Log(double x) => x switch
    {
        // erfc(x) = 2 − erfc(−x), with both sides scaled.
        < 0 => x * x + Math.Log(2 - Math.Exp(-x * x) * Positive(-x)),
        _ => Math.Log(Positive(x)),
    };

    private static double Positive(double x) => x < Middle ? Math.Exp(x * x) - ScaledError(x) : ContinuedFraction(x);

    /// <summary>exp(x²) erf(x) = 2/√π Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)), DLMF 7.6.2: all terms are positive.</summary>
    private static double ScaledError(double x)
    {
        var term = x;
        var sum = x;
        for (var n = 1; term > sum * 1e-17; n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    /// <summary>√π erfcx(x) = 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))), DLMF 7.9.1, from its far end.</summary>
    private static double ContinuedFraction(double x)
    {
        // The error falls about as exp(−2x√(2n)) in the number of terms n.
        var terms = 8 + (int)(200 / (x * x));
        var denominator = x;
        for (var n = terms; n > 0; n--)
        {
            denominator = x + n / 2.0 / denominator;
        }

        return 1 / (Math.Sqrt(Math.PI) * denominator);
    }
}
