using System.Text.Json.Serialization;

namespace Afa.Evaluation;

/// <summary>What is known about one checkpoint on a number of images.</summary>
public sealed record LeaderboardRow
{
    /// <summary>From 1, among the rows of the group that are ranked by the same attack; equal accuracies share a rank.</summary>
    public required int Rank { get; init; }

    public required string Checkpoint { get; init; }

    public required string Model { get; init; }

    public required int Images { get; init; }

    /// <summary>When the newest of its evaluations ended.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Name of the attack that the rank is from; null if no attack within the ball ran, then the rank is from clean accuracy.</summary>
    public required string? RankedBy { get; init; }

    /// <summary>Newest result of each attack, the clean one first; without corruptions.</summary>
    public required IReadOnlyList<AttackResult> Attacks { get; init; }

    /// <summary>Reasons to doubt the figures.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    [JsonIgnore]
    public AttackResult? Clean => Find(RobustAccuracy.Clean);

    /// <summary>The result that the rank is from.</summary>
    [JsonIgnore]
    public AttackResult? Robust => RankedBy is null ? null : Find(RankedBy);

    public AttackResult? Find(string attack) => Attacks.FirstOrDefault(result => result.Attack == attack);
}
