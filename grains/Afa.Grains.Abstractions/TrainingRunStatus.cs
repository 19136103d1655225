namespace Afa.Grains;

/// <summary>What a training run is, how far it is and what it has measured.</summary>
/// <param name="Run">Name of the run.</param>
/// <param name="OptionsJson">The resolved options (JSON of <c>Afa.Training.TrainingOptions</c>).</param>
/// <param name="Phase">Name of the phase under way: "features", "head" or "training".</param>
/// <param name="Epoch">Epochs finished, over all phases.</param>
/// <param name="Epochs">Epochs planned, over all phases.</param>
/// <param name="Step">Steps finished, over all phases.</param>
/// <param name="Steps">Steps planned, over all phases.</param>
/// <param name="ImagesPerSecond">Training images per second, attack included, over the last seconds; 0 if nothing runs.</param>
/// <param name="TimeLeft">Estimate; null before the first steps.</param>
/// <param name="History">One row for each finished epoch.</param>
/// <param name="Checkpoint">Name of the newest stored checkpoint; null before the first.</param>
/// <param name="Recoveries">How often a step was repeated because a trainer, a silo or the process died.</param>
/// <param name="Message">The error of a failed run, or what a user should know; else null.</param>
/// <param name="LossTrail">The steps since the run was last taken up, in at most 200 points: what a curve shows between the epochs. Null or empty if nothing runs.</param>
/// <param name="Trainers">Model replicas that an elastic run has, or had last, as their number changes; null if it does not, and before the first start.</param>
[GenerateSerializer, Immutable, Alias("afa.training-run-status")]
public sealed record TrainingRunStatus(
    [property: Id(0)] string Run,
    [property: Id(1)] RunState State,
    [property: Id(2)] string OptionsJson,
    [property: Id(3)] string Phase,
    [property: Id(4)] int Epoch,
    [property: Id(5)] int Epochs,
    [property: Id(6)] long Step,
    [property: Id(7)] long Steps,
    [property: Id(8)] double ImagesPerSecond,
    [property: Id(9)] TimeSpan? TimeLeft,
    [property: Id(10)] TimeSpan Elapsed,
    [property: Id(11)] IReadOnlyList<EpochMetrics> History,
    [property: Id(12)] string? Checkpoint,
    [property: Id(13)] int Recoveries,
    [property: Id(14)] DateTimeOffset CreatedAt,
    [property: Id(15)] string? Message,
    [property: Id(16)] double? LastLoss,
    [property: Id(17)] IReadOnlyList<LossPoint>? LossTrail = null,
    [property: Id(18)] int? Trainers = null);
