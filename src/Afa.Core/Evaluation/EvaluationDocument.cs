namespace Afa.Evaluation;

/// <summary>The outcome of an evaluation job, as stored in result files.</summary>
public sealed record EvaluationDocument
{
    public const int CurrentSchemaVersion = 2;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>The evaluation's name.</summary>
    public required string Evaluation { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Wall time at work, in all processes that had a part in it.</summary>
    public required double Seconds { get; init; }

    /// <summary>One for each checkpoint and radius, in the order of the options; not empty.</summary>
    public required IReadOnlyList<EvaluationResult> Results { get; init; }
}
