using Afa.Evaluation;
using Afa.Federation;
using Afa.Grains;
using Afa.Sweeps;

namespace Afa.Silo.Page;

/// <summary>What the pages show: the cluster at one moment.</summary>
internal sealed record ClusterView
{
    public required DateTimeOffset ReadAt { get; init; }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<TrainingRunStatus> Runs { get; init; } = [];

    /// <summary>Newest first.</summary>
    public IReadOnlyList<EvaluationStatus> Evaluations { get; init; } = [];

    /// <summary>Newest first.</summary>
    public IReadOnlyList<SweepStatus> Sweeps { get; init; } = [];

    /// <summary>Newest first.</summary>
    public IReadOnlyList<FederationStatus> Federations { get; init; } = [];

    /// <summary>Of completed evaluations, by their names; without images and curves.</summary>
    public IReadOnlyDictionary<string, EvaluationDocument> Results { get; init; } = new Dictionary<string, EvaluationDocument>();

    /// <summary>What sweeps have found so far, by their names.</summary>
    public IReadOnlyDictionary<string, SweepDocument> SweepResults { get; init; } = new Dictionary<string, SweepDocument>();

    /// <summary>What federations have found so far, by their names.</summary>
    public IReadOnlyDictionary<string, FederationDocument> FederationResults { get; init; } = new Dictionary<string, FederationDocument>();

    /// <summary>Of <see cref="Results"/>.</summary>
    public IReadOnlyList<LeaderboardGroup> Leaderboard { get; init; } = [];

    public IReadOnlyList<SiloLoad> Silos { get; init; } = [];

    /// <summary>What could not be read, in sentences.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    public bool IsEmpty => Runs.Count + Evaluations.Count + Sweeps.Count + Federations.Count == 0;
}
