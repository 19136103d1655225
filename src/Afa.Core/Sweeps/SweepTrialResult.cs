using Afa.Attacks;
using Afa.Evaluation;

namespace Afa.Sweeps;

/// <summary>What a finished trial found.</summary>
public sealed record SweepTrialResult
{
    /// <summary>Name in the store of what was evaluated.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Wall time of the training, in all processes that had a part in it.</summary>
    public required double TrainingSeconds { get; init; }

    /// <summary>Training images per second of steps, attack included, with the other trials at work beside it; 0 if it is not known.</summary>
    public required double ImagesPerSecond { get; init; }

    /// <summary>Device seconds of the attacks, summed over slots.</summary>
    public required double EvaluationSeconds { get; init; }

    /// <summary>For each radius the clean accuracy, then the attacks in the order they ran, then the worst case.</summary>
    public required IReadOnlyList<SweepAccuracy> Accuracies { get; init; }

    /// <summary>Reasons to doubt the figures.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>Counts of one attack at one radius.</summary>
/// <param name="Epsilon">As the user wrote it.</param>
public sealed record SweepAccuracy(string Dataset, string Norm, string Epsilon, string Attack, AttackKind Kind, int Correct, int Total)
{
    /// <summary>The counts of an evaluation's result.</summary>
    public static IEnumerable<SweepAccuracy> Of(EvaluationResult result) =>
        result.Attacks.Select(attack => new SweepAccuracy(result.Dataset, result.Norm, result.Epsilon, attack.Attack, attack.Kind, attack.Correct, attack.Total));
}
