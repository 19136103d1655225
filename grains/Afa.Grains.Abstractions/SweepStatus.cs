namespace Afa.Grains;

/// <summary>How far a sweep is.</summary>
/// <param name="Sweep">Name of the sweep.</param>
/// <param name="PlanJson">JSON of <c>Afa.Sweeps.SweepPlan</c>.</param>
/// <param name="Trials">In the order of the plan.</param>
/// <param name="Share">Share of the work that is done, in [0, 1]; an estimate.</param>
/// <param name="TimeLeft">Estimate; null until it is known.</param>
/// <param name="Message">Why it rests, or what a user should know; else null.</param>
[GenerateSerializer, Immutable, Alias("afa.sweep-status")]
public sealed record SweepStatus(
    [property: Id(0)] string Sweep,
    [property: Id(1)] RunState State,
    [property: Id(2)] string PlanJson,
    [property: Id(3)] DateTimeOffset CreatedAt,
    [property: Id(4)] IReadOnlyList<SweepTrialStatus> Trials,
    [property: Id(5)] double Share,
    [property: Id(6)] TimeSpan? TimeLeft,
    [property: Id(7)] TimeSpan Elapsed,
    [property: Id(8)] string? Message);

/// <summary>How far a trial is.</summary>
/// <param name="Trial">Its name within the sweep.</param>
/// <param name="Run">Name of its training run.</param>
/// <param name="Doing">Such as "training, epoch 2/5" or "pgd-20"; empty unless it is at work.</param>
/// <param name="Share">Of what it is doing, in [0, 1].</param>
/// <param name="Message">Why it failed, or null.</param>
[GenerateSerializer, Immutable, Alias("afa.sweep-trial-status")]
public sealed record SweepTrialStatus(
    [property: Id(0)] string Trial,
    [property: Id(1)] string Run,
    [property: Id(2)] SweepTrialState State,
    [property: Id(3)] string Doing,
    [property: Id(4)] double Share,
    [property: Id(5)] string? Message);

/// <summary>Where a trial stands.</summary>
[GenerateSerializer, Alias("afa.sweep-trial-state")]
public enum SweepTrialState
{
    /// <summary>Not begun.</summary>
    Waiting = 0,

    /// <summary>Begun, and not yet evaluated.</summary>
    Training = 1,

    /// <summary>Trained.</summary>
    Evaluating = 2,

    /// <summary>Done.</summary>
    Completed = 3,

    /// <summary>Stopped by an error; the others go on.</summary>
    Failed = 4,
}
