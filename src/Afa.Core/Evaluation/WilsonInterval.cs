namespace Afa.Evaluation;

/// <summary>Confidence interval of a proportion: Wilson 1927, "Probable inference, the law of succession, and statistical inference".</summary>
public static class WilsonInterval
{
    /// <summary>Returns the 95 % interval of the proportion behind a count.</summary>
    /// <param name="successes">In [0, <paramref name="trials"/>].</param>
    /// <param name="trials">At least 0; without trials the interval is [0, 1].</param>
    public static (double Low, double High) Of(int successes, int trials)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, trials);
        if (trials == 0)
        {
            return (0, 1);
        }

        return Of((double)successes / trials, trials);
    }

    /// <summary>Returns the 95 % interval around a proportion that was found in so many trials.</summary>
    /// <param name="proportion">In [0, 1].</param>
    /// <param name="trials">At least 1.</param>
    public static (double Low, double High) Of(double proportion, int trials)
    {
        const double z = 1.959963984540054;   // The normal distribution's 97.5 % quantile.
        var denominator = 1 + z * z / trials;
        var center = (proportion + z * z / (2 * trials)) / denominator;
        var half = z / denominator * Math.Sqrt(proportion * (1 - proportion) / trials + z * z / (4.0 * trials * trials));
        return (Math.Max(0, center - half), Math.Min(1, center + half));
    }
}
