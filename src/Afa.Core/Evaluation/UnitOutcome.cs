using System.Text.Json.Serialization;
using Afa.Attacks;

namespace Afa.Evaluation;

/// <summary>What the attacks did to the images of one unit, sample by sample; stored as soon as it is known.</summary>
public sealed record UnitOutcome
{
    public required EvaluationUnit Unit { get; init; }

    /// <summary>Position of each image in its split.</summary>
    public required IReadOnlyList<int> SampleIds { get; init; }

    public required IReadOnlyList<int> Labels { get; init; }

    /// <summary>The model's class for each clean image.</summary>
    public required IReadOnlyList<int> Predictions { get; init; }

    /// <summary>Device seconds for the clean images.</summary>
    public required double CleanSeconds { get; init; }

    /// <summary>In the order in which they ran.</summary>
    public required IReadOnlyList<CascadeOutcome> Cascades { get; init; }

    /// <summary>What was noticed about the model.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    public IReadOnlyList<ExampleImage> Examples { get; init; } = [];

    /// <summary>Whether the model is right on the clean image of each sample.</summary>
    [JsonIgnore]
    public IEnumerable<bool> CleanCorrect => Predictions.Zip(Labels, (prediction, label) => prediction == label);

    /// <summary>Whether the record is whole: one entry for each image everywhere. Records come from files, where anything can be missing.</summary>
    /// <param name="classes">Of the data set.</param>
    public bool Fits(EvaluationUnit unit, IReadOnlyList<AttackCascade> cascades, int classes) =>
        Unit == unit
        && SampleIds?.SequenceEqual(Enumerable.Range(unit.Start, unit.Count)) == true
        && IsClasses(Labels, classes) && IsClasses(Predictions, classes)
        && Warnings is not null && Examples is not null
        && Cascades?.Count == cascades.Count
        && Cascades.Zip(cascades).All(pair => pair.First?.Fits(unit.Count, pair.Second) == true);

    private bool IsClasses(IReadOnlyList<int>? values, int classes) => values?.Count == SampleIds.Count && values.All(value => value >= 0 && value < classes);
}

/// <summary>What one cascade did to the images of a unit.</summary>
public sealed record CascadeOutcome
{
    /// <summary>The cascade's name.</summary>
    public required string Attack { get; init; }

    /// <summary>For each sample the stage that broke it, from 0; null if it was not broken, or was wrong before.</summary>
    public required IReadOnlyList<int?> BrokenBy { get; init; }

    /// <summary>For each sample the norm of the perturbation that broke it; 0 where nothing did, and for a corruption.</summary>
    public required IReadOnlyList<double> Norms { get; init; }

    /// <summary>Of a minimum-norm attack: the smallest norm found for each sample, however large; null where none was found.</summary>
    public IReadOnlyList<double?>? Distances { get; init; }

    /// <summary>Device seconds of each stage.</summary>
    public required IReadOnlyList<double> StageSeconds { get; init; }

    /// <summary>Samples with an all-zero gradient at the start of a stage.</summary>
    public int ZeroGradients { get; init; }

    internal bool Fits(int images, AttackCascade cascade) =>
        Attack == cascade.Name
        && BrokenBy?.Count == images && BrokenBy.All(stage => stage is null or >= 0 && !(stage >= cascade.Stages.Count))
        && Norms?.Count == images
        && StageSeconds?.Count == cascade.Stages.Count
        && (Distances is null || Distances.Count == images);
}
