using System.Globalization;

namespace Afa.Attacks;

/// <summary>Reads a perturbation radius as users write it: "0.1", or exactly as "8/255".</summary>
public static class Radius
{
    /// <summary>Returns false unless the text is a finite number greater than 0, written as a decimal or a fraction.</summary>
    /// <param name="value">In pixel units, where pixels lie in [0, 1].</param>
    public static bool TryParse(string text, out double value)
    {
        var parts = text.Split('/');
        value = 0;
        if (parts.Length > 2 || !TryNumber(parts[0], out var numerator))
        {
            return false;
        }

        var denominator = 1.0;
        if (parts.Length == 2 && !TryNumber(parts[1], out denominator))
        {
            return false;
        }

        value = numerator / denominator;
        return double.IsFinite(value) && value > 0;
    }

    /// <summary>Says what is wrong with a radius that a user wrote; null if nothing is.</summary>
    public static string? Problem(string text, AttackNorm norm)
    {
        if (!TryParse(text, out var value))
        {
            return $"must be a decimal or a fraction greater than 0, such as 0.1 or 8/255, not '{text}'";
        }

        var largest = norm == AttackNorm.Linf ? 1 : 1000;
        return value > largest ? $"must be at most {largest} for {norm}, as pixels lie in [0, 1], not {text}; 8 grey levels are 8/255" : null;
    }

    /// <summary>Writes a radius the way users do: in 255ths where it is a whole number of grey levels of a color image.</summary>
    public static string Format(double value)
    {
        var levels = value * 255;
        return value < 0.1 && Math.Abs(levels - Math.Round(levels)) < 1e-9
            ? $"{Math.Round(levels)}/255"
            : value.ToString("R", CultureInfo.InvariantCulture);
    }

    private static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out value);
}
