using Afa.Client.Control;
using Afa.Evaluation;
using Afa.Grains;

namespace Afa.Client.Output;

/// <summary>Puts the status of an evaluation into words.</summary>
internal static class EvaluationText
{
    private const int MostLines = 12;   // A screen is small, and the corruptions alone are 95 attacks.
    private const int MostNames = 3;

    public static ProgressState Progress(EvaluationStatus status)
    {
        if (status.Images == 0)
        {
            return new("evaluation", "", 0, 0, "preparing: reading data, loading models");
        }

        var details = new List<string>();
        if (status.ImagesPerSecond > 0)
        {
            details.Add($"{StatusText.Number(status.ImagesPerSecond, status.ImagesPerSecond < 10 ? "0.00" : "0")} images/s");
        }

        if (status.TimeLeft is { } left)
        {
            details.Add($"{StatusText.Duration(left)} left");
        }

        return new("evaluation", "image", status.ImagesDone, status.Images, string.Join(", ", details))
        {
            Share = status.Share,
            Lines = [.. Latest(Standing(status), "attacks before"), .. Latest(Working(status), "more slots")],
        };
    }

    /// <summary>What an evaluation is about to do.</summary>
    public static IEnumerable<(string Name, string Value)> Describe(string evaluation, EvaluationOptions options, string store)
    {
        yield return ("Evaluation", evaluation);
        yield return ("Checkpoints", First(options.Checkpoints, MostLines));
        yield return ("Data", $"{StatusText.Count(options.Images, "test image")} of {options.Dataset ?? "what the first checkpoint was trained on"}");
        yield return ("Attacks", options.Attacks.Count == 0 ? "none" : First(options.Attacks, MostLines));
        yield return ("Radius", $"{StatusText.Name(options.Norm)}, epsilon {(options.Epsilons.Count == 0 ? "usual for the data set" : string.Join(", ", options.Epsilons))}, seed {options.Seed}");
        yield return ("Store", store);
    }

    /// <summary>Each attack that has begun, such as "pgd-20" with "still standing 83.2 % (416/500)".</summary>
    public static IReadOnlyList<(string Attack, string Text)> Standing(EvaluationStatus status) =>
    [
        .. status.Standing.Where(attack => attack.Started > 0).Select(attack => (
            CheckpointName.Short(attack.Attack), $"still standing {StatusText.Number(100.0 * attack.Standing / attack.Started, "0.0")} % ({attack.Standing}/{attack.Started})")),
    ];

    /// <summary>The checkpoint, or how many they are.</summary>
    public static string Checkpoints(EvaluationOptions options) =>
        options.Checkpoints is [var only] ? CheckpointName.Short(only) : StatusText.Count(options.Checkpoints.Count, "checkpoint");

    /// <summary>The first attacks, and how many more there are.</summary>
    public static string Attacks(EvaluationOptions options) => options.Attacks.Count == 0 ? "clean" : First(options.Attacks, MostNames);

    private static string First(IReadOnlyList<string> names, int count) =>
        string.Join(", ", names.Take(count).Select(CheckpointName.Short)) + (names.Count > count ? $" and {names.Count - count} more" : "");

    private static IReadOnlyList<(string Name, string Text)> Working(EvaluationStatus status) => [.. status.Working.Select((work, slot) => ($"slot {slot + 1}:", CheckpointName.Short(work)))];

    private static IEnumerable<(string Name, string Text)> Latest(IReadOnlyList<(string Name, string Text)> lines, string rest) =>
        lines.Count <= MostLines ? lines : lines.TakeLast(MostLines).Prepend(("...", $"and {lines.Count - MostLines} {rest}"));
}
