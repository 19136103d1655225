using System.Globalization;

namespace Afa.Sweeps;

/// <summary>An option whose values are drawn at random.</summary>
/// <param name="Key">Path in JSON, such as "optimizer.learningRate".</param>
public abstract record RandomOption(string Key)
{
    /// <summary>The value at a quantile of the option's distribution, as a user would write it.</summary>
    /// <param name="quantile">In [0, 1).</param>
    public abstract string? At(double quantile);

    /// <summary>What is wrong with it, or null.</summary>
    public abstract string? Problem();
}

/// <summary>Values between two bounds, both included.</summary>
/// <param name="IsWhole">Whether only whole numbers are drawn.</param>
/// <remarks>Real values have four significant digits, so that tables show what has run.</remarks>
public sealed record RandomRange(string Key, double Low, double High, SweepScale Scale, bool IsWhole) : RandomOption(Key)
{
    private const double MostWhole = 1L << 53;   // Beyond, not every whole number is a double.

    public override string At(double quantile)
    {
        // A whole number stands for the reals from it to the next one.
        var high = IsWhole ? High + 1 : High;
        var value = Scale == SweepScale.Log ? Low * Math.Pow(high / Low, quantile) : Low + quantile * (high - Low);
        if (IsWhole)
        {
            return Math.Clamp(Math.Floor(value), Low, High).ToString("0", CultureInfo.InvariantCulture);
        }

        var rounded = double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Math.Clamp(rounded, Low, High).ToString(CultureInfo.InvariantCulture);
    }

    public override string? Problem()
    {
        if (!(double.IsFinite(Low) && double.IsFinite(High) && Low < High))
        {
            return FormattableString.Invariant($"needs min below max, not {Low} and {High}");
        }

        if (Scale == SweepScale.Log && Low <= 0)
        {
            return FormattableString.Invariant($"needs min above 0 on a log scale, not {Low}");
        }

        return IsWhole && (Low != Math.Floor(Low) || High != Math.Floor(High) || Math.Max(-Low, High) > MostWhole)
            ? FormattableString.Invariant($"takes whole numbers, so min and max must be such, not {Low} and {High}")
            : null;
    }
}

/// <summary>One of several values, each as likely as the others.</summary>
public sealed record RandomChoice(string Key, IReadOnlyList<string?> Values) : RandomOption(Key)
{
    public override string? At(double quantile) => Values[Math.Min((int)(quantile * Values.Count), Values.Count - 1)];

    public override string? Problem() => Values.Count == 0 ? "needs at least one value" : null;
}
