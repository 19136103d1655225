namespace Afa.Sweeps;

/// <summary>What a sweep has found, as stored in result files.</summary>
public sealed record SweepDocument
{
    public const int CurrentSchemaVersion = 1;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>The sweep's name.</summary>
    public required string Sweep { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Wall time at work, in all processes that had a part in it.</summary>
    public required double Seconds { get; init; }

    /// <summary>Options that grid and random vary.</summary>
    public required IReadOnlyList<string> Varied { get; init; }

    /// <summary>Points of finished trials, for each data set, norm and radius that they were evaluated at.</summary>
    public required IReadOnlyList<SweepGroup> Groups { get; init; }

    /// <summary>All trials in the order of the plan.</summary>
    public required IReadOnlyList<SweepTrialReport> Trials { get; init; }
}

/// <summary>Points that can be compared.</summary>
/// <param name="Images">Test images of each trial.</param>
/// <param name="Rows">The best in the worst case first.</param>
public sealed record SweepGroup(string Dataset, string Norm, string Epsilon, int Images, IReadOnlyList<SweepRow> Rows)
{
    /// <summary>Whether counts are of the group's images and ball.</summary>
    public bool Includes(SweepAccuracy accuracy) => (accuracy.Dataset, accuracy.Norm, accuracy.Epsilon, accuracy.Total) == (Dataset, Norm, Epsilon, Images);
}

/// <summary>One point over its seeds.</summary>
/// <param name="Failed">Trials of the point that failed, which the figures leave out.</param>
/// <param name="Figures">The clean accuracy, then the attacks, then the worst case.</param>
/// <param name="TrainingSeconds">Wall time of a training, mean over the trials.</param>
/// <param name="ImagesPerSecond">Training images per second, mean over the trials.</param>
public sealed record SweepRow(SweepPoint Point, int Failed, IReadOnlyList<SweepFigure> Figures, double TrainingSeconds, double ImagesPerSecond)
{
    /// <summary>The figure of an attack; null if it did not run.</summary>
    public SweepFigure? Find(string attack) => Figures.FirstOrDefault(figure => figure.Attack == attack);
}

/// <summary>One trial.</summary>
/// <param name="Run">Name of its training run.</param>
/// <param name="Evaluation">Name of its evaluation.</param>
/// <param name="Failure">Why it failed, or null.</param>
/// <param name="Result">Null unless it is finished.</param>
public sealed record SweepTrialReport(string Name, string Point, ulong Seed, string Run, string Evaluation, string? Failure, SweepTrialResult? Result);
