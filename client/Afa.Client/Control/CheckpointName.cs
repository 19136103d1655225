using System.Text.RegularExpressions;

namespace Afa.Client.Control;

/// <summary>Names of checkpoints of training runs: "runs/RUN/checkpoints/STEP" in the store, "RUN/STEP" for short.</summary>
internal static partial class CheckpointName
{
    /// <summary>Shortens every such name in a text, such as "transfer:RUN/STEP".</summary>
    public static string Short(string text) => Anywhere().Replace(text, "$1/$2");

    /// <summary>The run, or null if the name is no run's.</summary>
    public static string? Run(string name) => Anywhere().Match(name) is { Success: true, Index: 0 } match && match.Length == name.Length ? match.Groups[1].Value : null;

    [GeneratedRegex("\\bruns/([a-z0-9-]+)/checkpoints/([a-z0-9-]+)")]
    private static partial Regex Anywhere();
}
