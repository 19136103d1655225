using Afa.Sweeps;

namespace Afa.Grains;

/// <summary>What a sweep keeps in the store. Its runs and evaluations keep their own progress.</summary>
internal sealed class SweepState
{
    public string? PlanJson { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public RunState State { get; set; }

    /// <summary>Time at work up to the last write, in all processes.</summary>
    public TimeSpan Elapsed { get; set; }

    public string? Message { get; set; }

    /// <summary>Trials that were begun, by name.</summary>
    public Dictionary<string, SweepTrialRecord> Trials { get; set; } = [];
}

/// <summary>What a sweep knows about a trial that was begun.</summary>
internal sealed record SweepTrialRecord(SweepTrialState State, string? Message = null, SweepTrialResult? Result = null)
{
    public bool IsEnded => State is SweepTrialState.Completed or SweepTrialState.Failed;
}
