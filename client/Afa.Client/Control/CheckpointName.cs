using System.Text.RegularExpressions;
using Afa.Client.Output;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>Names of checkpoints of training runs: "runs/RUN/checkpoints/STEP" in the store, "RUN/STEP" for short.</summary>
internal static partial class CheckpointName
{
    /// <summary>Shortens every such name in a text, such as "transfer:RUN/STEP".</summary>
    public static string Short(string text) => Anywhere().Replace(text, "$1/$2");

    /// <summary>The run, or null if the name is no run's.</summary>
    public static string? Run(string name) => Anywhere().Match(name) is { Success: true, Index: 0 } match && match.Length == name.Length ? match.Groups[1].Value : null;

    /// <summary>Says that a checkpoint is its run's best by validation, and how good.</summary>
    public static string DescribeBest(CheckpointSummary checkpoint) =>
        $"{Short(checkpoint.Name)} is the best checkpoint of its run by robust accuracy on held-out images: {StatusText.Fraction(checkpoint.Metrics.GetValueOrDefault(ModelSelection.RobustAccuracyMetric))} after epoch {checkpoint.Epoch}.";

    [GeneratedRegex("\\bruns/([a-z0-9-]+)/checkpoints/([a-z0-9-]+)")]
    private static partial Regex Anywhere();
}
