using System.Globalization;
using Afa.Sweeps;
using Afa.Training;

namespace Afa.Client.Options;

/// <summary>Reads what a sweep varies from the command line.</summary>
internal static class SweepFlags
{
    public const string Grid = "--grid";
    public const string Random = "--random";
    public const string Seeds = "--seeds";

    /// <summary>Reads "key=value,value,...".</summary>
    public static IEnumerable<SweepAxis> Axes(IEnumerable<string> texts, List<string> problems) =>
        OptionsReader.ReadAssignments(texts, problems, Grid).Select(setting => new SweepAxis(setting.Key, Values(setting.Text)));

    /// <summary>Reads "key=low..high", "key=low..high:log" and "key=value,value,...".</summary>
    public static IEnumerable<RandomOption> RandomOptions(IEnumerable<string> texts, List<string> problems)
    {
        foreach (var setting in OptionsReader.ReadAssignments(texts, problems, Random))
        {
            var text = setting.Text!;
            if (!text.Contains("..", StringComparison.Ordinal))
            {
                yield return new RandomChoice(setting.Key, Values(text));
                continue;
            }

            var bounds = text.Split("..", 2);
            var upper = bounds[1].Split(':', 2);
            if (Range(setting.Key, bounds[0], upper[0], upper.Length > 1 ? upper[1] : "linear", Random, problems) is { } range)
            {
                yield return range;
            }
        }
    }

    /// <summary>Reads a range of numbers.</summary>
    /// <param name="source">Who asked, for messages.</param>
    /// <returns>Null if it is none; then there is a problem more.</returns>
    public static RandomRange? Range(string key, string? low, string? high, string scale, string source, List<string> problems)
    {
        if (Number(low) is { } from && Number(high) is { } to && scale is "linear" or "log")
        {
            return new RandomRange(key, from, to, scale == "log" ? SweepScale.Log : SweepScale.Linear, OptionsReader.IsWhole<TrainingOptions>(key));
        }

        problems.Add($"{source}: '{key}' needs two numbers, min and max, and 'linear' or 'log' as its scale, not '{low}', '{high}' and '{scale}'.");
        return null;
    }

    /// <summary>Reads "0,1,2".</summary>
    public static IReadOnlyList<ulong> ReadSeeds(string text, List<string> problems)
    {
        var seeds = new List<ulong>();
        foreach (var part in Values(text))
        {
            if (ulong.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var seed))
            {
                seeds.Add(seed);
            }
            else
            {
                problems.Add($"{Seeds}: must be whole numbers of at least 0, such as 0,1,2, not '{part}'.");
            }
        }

        return seeds;
    }

    private static string[] Values(string? text) => (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static double? Number(string? text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
