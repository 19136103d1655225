namespace Afa.Sweeps;

/// <summary>Student's t distribution with a whole number of degrees of freedom.</summary>
internal static class StudentT
{
    /// <summary>P(|T| ≤ t): Abramowitz and Stegun 1964, equations 26.7.3 and 26.7.4, which are exact.</summary>
    /// <param name="t">At least 0.</param>
    /// <param name="degrees">At least 1.</param>
    public static double CentralProbability(double t, int degrees)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degrees, 1);
        var angle = Math.Atan(t / Math.Sqrt(degrees));
        var (sine, cosine) = Math.SinCos(angle);
        var isOdd = degrees % 2 == 1;
        var (sum, term) = (0.0, isOdd ? cosine : 1.0);
        for (var i = isOdd ? 3 : 2; i <= degrees; i += 2)
        {
            sum += term;
            term *= cosine * cosine * (i - 1) / i;
        }

        return isOdd ? 2 / Math.PI * (angle + sine * sum) : sine * sum;
    }

    /// <summary>The t with P(|T| ≤ t) = 0.95, by bisection.</summary>
    /// <param name="degrees">At least 1.</param>
    public static double Central95(int degrees)
    {
        var (low, high) = (0.0, 16.0);   // With one degree of freedom it is 12.7, with more it is less.
        while (high - low > 1e-12)
        {
            var middle = (low + high) / 2;
            (low, high) = CentralProbability(middle, degrees) < 0.95 ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }
}
