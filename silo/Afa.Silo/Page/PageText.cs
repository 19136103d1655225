using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>How figures, times and names are written on the page.</summary>
internal static class PageText
{
    /// <summary>What stands where there is no figure.</summary>
    public const string None = "–";

    /// <summary>An accuracy or a share, [0, 1].</summary>
    public static string Fraction(double? value) => Number(value, "0.000");

    public static string Interval(double low, double high) => $"{Fraction(low)} to {Fraction(high)}";

    public static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? None;

    /// <summary>A loss, of which four digits are enough.</summary>
    public static string Loss(double? value) => value is { } loss && Math.Abs(loss) >= 1e5 ? Number(loss, "0.###E0") : Number(value, "0.0000");

    /// <summary>Images per second; none if nothing runs.</summary>
    public static string Rate(double value) => value <= 0 ? None : Number(value, value < 10 ? "0.0" : "0");

    /// <summary>Whole percents; 100 only for all.</summary>
    public static string Percent(double share) => $"{Number(Math.Floor(100 * Math.Clamp(share, 0, 1)), "0")} %";

    public static string Count(long count, string noun) => count == 1 ? $"1 {noun}" : $"{Number(count, "0")} {noun}s";

    /// <summary>Such as "1:05" (minutes and seconds) or "2:01:05".</summary>
    public static string Duration(TimeSpan? time) => time switch
    {
        null => None,
        { TotalHours: < 1 } => time.Value.ToString(@"m\:ss", CultureInfo.InvariantCulture),
        { TotalDays: < 1 } => time.Value.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture),
        _ => $"{Number(Math.Floor(time.Value.TotalDays), "0")} d {time.Value.Hours} h",
    };

    /// <summary>How long ago it was, with the time itself for whoever points at it.</summary>
    public static XElement Ago(DateTimeOffset time, DateTimeOffset now)
    {
        var exact = Exact(time);
        return Tag("time", Attribute("datetime", time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)), Attribute("title", exact), (now - time) switch
        {
            { TotalDays: > 10_000 } => "at an unknown time",   // What cannot be read has no time of its own.
            { TotalSeconds: < 10 } => "just now",
            { TotalMinutes: < 1 } and var passed => $"{Number(Math.Floor(passed.TotalSeconds / 10) * 10, "0")} s ago",
            { TotalHours: < 1 } and var passed => $"{passed.Minutes} min ago",
            { TotalDays: < 1 } and var passed => $"{passed.Hours} h ago",
            { TotalDays: < 60 } and var passed => $"{Count(passed.Days, "day")} ago",
            _ => exact[..10],
        });
    }

    public static string Exact(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>Name of an enumeration value as users write it, such as "pgd-at".</summary>
    public static string Name<T>(T value)
        where T : struct, Enum =>
        JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>A checkpoint's name without what all of them have in common.</summary>
    public static string Checkpoint(string name) => name.StartsWith("runs/", StringComparison.Ordinal) ? name["runs/".Length..].Replace("/checkpoints/", "/", StringComparison.Ordinal) : name;
}
