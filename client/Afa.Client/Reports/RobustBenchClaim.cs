using System.Text.Json;
using System.Text.Json.Serialization;

namespace Afa.Client.Reports;

/// <summary>An entry for the leaderboard of RobustBench (Croce et al. 2021, arXiv:2010.09670), in the form of its model_info files.</summary>
/// <remarks>
/// Accuracies are text in per cent with two decimals, as there. Null is what AFA cannot know and whoever makes the claim fills in.
/// From "checkpoint" on the entries are AFA's own: readers of RobustBench's files pass over them.
/// </remarks>
internal sealed record RobustBenchClaim
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    public string? Link { get; init; }

    public string? Name { get; init; }

    public string? Authors { get; init; }

    /// <summary>Whether the model was trained on more than the data set.</summary>
    public bool? AdditionalData { get; init; }

    public int NumberForwardPasses { get; init; } = 1;

    /// <summary>As RobustBench writes it, such as "cifar10".</summary>
    public required string Dataset { get; init; }

    public string? Venue { get; init; }

    public required string Architecture { get; init; }

    /// <summary>"Linf", "L2", "L1" or "corruptions".</summary>
    public required string ThreatModel { get; init; }

    /// <summary>Such as "8/255"; null for corruptions.</summary>
    public required string? Eps { get; init; }

    public required string CleanAcc { get; init; }

    public required string Reported { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AutoattackAcc { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CorruptionsAcc { get; init; }

    public string? Footnote { get; init; }

    /// <summary>Whether there are <see cref="Warnings"/>.</summary>
    public required bool Unreliable { get; init; }

    public required string Checkpoint { get; init; }

    /// <summary>"standard", "plus" or "rand".</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AutoattackVersion { get; init; }

    /// <summary>How many images of the split, from the first on; RobustBench uses 10,000, of ImageNet 5,000.</summary>
    public required int NExamples { get; init; }

    public required string Split { get; init; }

    public required ulong Seed { get; init; }

    public required string Environment { get; init; }

    public required DateTimeOffset EvaluatedAt { get; init; }

    /// <summary>Reasons to doubt the accuracies.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, s_options) + "\n";
}
