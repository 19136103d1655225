using System.Globalization;
using System.Text.Json;
using Afa.Grains;

namespace Afa.Client.Output;

/// <summary>Puts the status of runs and evaluations into words.</summary>
internal static class StatusText
{
    /// <summary>Such as "1:05" (minutes and seconds) or "2:01:05".</summary>
    public static string Duration(TimeSpan time) =>
        time.ToString(time.TotalHours >= 1 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture);

    /// <summary>A fraction in [0, 1] with three decimals; "-" for null.</summary>
    public static string Fraction(double? value) => value is null ? "-" : Number(value.Value, "0.000");

    /// <summary>A fraction in [0, 1] as whole percents; 100 only for all.</summary>
    public static string Percent(double share) => $"{Number(Math.Floor(100 * Math.Clamp(share, 0, 1)), "0")} %";

    public static string Number(double value, string format = "0.###") => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>Such as "1 trainer" or "2 trainers".</summary>
    public static string Count(long count, string noun, string? plural = null) => count == 1 ? $"1 {noun}" : $"{count} {plural ?? noun + "s"}";

    public static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => $"{Number(bytes / (double)(1L << 30), "0.0")} GiB",
        >= 1L << 20 => $"{Number(bytes / (double)(1L << 20), "0.0")} MiB",
        >= 1L << 10 => $"{Number(bytes / (double)(1L << 10), "0.0")} KiB",
        _ => $"{bytes} B",
    };

    public static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>Name of an enumeration value as users write it, such as "pgd-at".</summary>
    public static string Name<T>(T value)
        where T : struct, Enum =>
        JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    public static ProgressState Progress(TrainingRunStatus status)
    {
        if (status.Steps == 0 || status.Phase.Length == 0)
        {
            return new("preparing", "", 0, 0, "reading data, building models");
        }

        var details = new List<string>();
        if (status.ImagesPerSecond > 0)
        {
            details.Add($"{Number(status.ImagesPerSecond, "0")} img/s");
        }

        if (status.LastLoss is { } loss)
        {
            details.Add($"loss {Number(loss, "0.0000")}");
        }

        if (status.Trainers is { } trainers)
        {
            details.Add(Count(trainers, "trainer"));
        }

        if (status.TimeLeft is { } left)
        {
            details.Add($"{Duration(left)} left");
        }

        var epoch = Math.Min(status.Epoch + 1, status.Epochs);
        return new($"{status.Phase}, epoch {epoch}/{status.Epochs}", "step", status.Step, status.Steps, string.Join(", ", details));
    }

    /// <summary>One line on a finished epoch.</summary>
    public static string Epoch(EpochMetrics epoch, int epochs)
    {
        var parts = new List<string> { $"epoch {epoch.Epoch}/{epochs} ({epoch.Phase}): loss {Number(epoch.Loss, "0.0000")}" };
        Add("clean accuracy", epoch.CleanAccuracy);
        Add("robust accuracy", epoch.RobustAccuracy);
        Add("feature match", epoch.FeatureMatch);
        Add("validation clean", epoch.Validation?.CleanAccuracy);
        Add("validation robust", epoch.Validation?.RobustAccuracy);
        parts.Add($"{Number(epoch.Seconds + (epoch.Validation?.Seconds ?? 0), "0.0")} s");
        return string.Join(", ", parts);

        void Add(string name, double? value)
        {
            if (value is not null)
            {
                parts.Add($"{name} {Fraction(value)}");
            }
        }
    }
}
