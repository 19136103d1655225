namespace Afa.Evaluation.Features;

/// <summary>Feature analyses, as stored in result files.</summary>
public sealed record FeatureDocument
{
    public const int CurrentSchemaVersion = 1;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>One for each checkpoint; not empty.</summary>
    public required IReadOnlyList<FeatureAnalysis> Analyses { get; init; }
}
