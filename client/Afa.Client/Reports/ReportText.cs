using System.Globalization;

namespace Afa.Client.Reports;

/// <summary>How figures and names are written in a report.</summary>
internal static class ReportText
{
    /// <summary>An accuracy or a share, [0, 1].</summary>
    public static string Fraction(double? value) => Number(value, "0.000");

    public static string Interval(double low, double high) => $"{Fraction(low)} to {Fraction(high)}";

    public static string Seconds(double value) => Number(value, "0.0");

    public static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";

    public static string Whole(int value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{Whole(count)} {noun}s";

    public static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    public static string Day(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static string Duration(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => $"{Number(time.TotalSeconds, "0.0")} s",
        { TotalHours: < 1 } => $"{time.Minutes} min {time.Seconds} s",
        _ => $"{Math.Floor(time.TotalHours)} h {time.Minutes} min",
    };
}
