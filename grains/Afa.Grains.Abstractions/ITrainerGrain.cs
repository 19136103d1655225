namespace Afa.Grains;

/// <summary>One model replica on one device slot. The key is "run/rank".</summary>
[Alias("afa.trainer")]
public interface ITrainerGrain : IGrainWithStringKey
{
    /// <summary>Builds the replica anew and loads the checkpoint, dropping whatever an earlier attempt left.</summary>
    [Alias("prepare"), ResponseTimeout("00:10:00")]
    Task<TrainerReadiness> PrepareAsync(TrainerAssignment assignment);

    /// <summary>Takes a step together with the other trainers. Repeating the last step returns the same report.</summary>
    /// <exception cref="InvalidOperationException">The attempt or the step is not the one that the trainer is at.</exception>
    [Alias("step"), ResponseTimeout("00:10:00")]
    Task<TrainerStep> StepAsync(int attempt, long step);

    /// <summary>Judges the replica, as it would be evaluated, by one part of the held-out images. Changes nothing.</summary>
    /// <remarks>Part by part, as a part takes about as long as a step, while all of them could outlast any time-out.</remarks>
    /// <param name="epoch">From 0, over all phases.</param>
    /// <param name="part">From 0.</param>
    [Alias("validate"), ResponseTimeout("00:10:00")]
    Task<TrainerValidation> ValidateAsync(int attempt, int epoch, int part);

    /// <summary>Brings what each replica keeps for itself, the rounding errors of <c>gradient.wire</c>, to trainer 0 for its next checkpoint. Every trainer has to be called; repeating it at one step changes nothing.</summary>
    /// <returns>Whether there was anything to bring.</returns>
    [Alias("gather-residuals"), ResponseTimeout("00:10:00")]
    Task<bool> GatherResidualsAsync(int attempt);

    /// <summary>Stores the replica's state under the name.</summary>
    [Alias("save"), ResponseTimeout("00:10:00")]
    Task SaveCheckpointAsync(int attempt, string name, IReadOnlyDictionary<string, double> metrics);

    /// <summary>SHA-256 over all weights, to prove that the replicas are bitwise equal.</summary>
    [Alias("hash"), ResponseTimeout("00:10:00")]
    Task<string> HashWeightsAsync(int attempt);

    /// <summary>Frees the replica and its device slot.</summary>
    [Alias("release"), ResponseTimeout("00:10:00")]
    Task ReleaseAsync();

    /// <summary>Frees what <see cref="ReleaseAsync"/> frees, and gives up its place in the cluster: the next call has it come up where that says.</summary>
    [Alias("leave"), ResponseTimeout("00:10:00")]
    Task LeaveAsync();
}

/// <summary>What a trainer is to do.</summary>
/// <param name="Attempt">Grows each time the run starts over from a checkpoint; earlier attempts are void.</param>
/// <param name="Shards">Shards whose images this trainer uses, in ascending order.</param>
/// <param name="SmallestShard">Images of the run's smallest shard, which decides the number of steps.</param>
/// <param name="Checkpoint">Where to start; null starts at step 0.</param>
/// <param name="Step">First step to take.</param>
[GenerateSerializer, Immutable, Alias("afa.trainer-assignment")]
public sealed record TrainerAssignment(
    [property: Id(0)] string Run,
    [property: Id(1)] int Attempt,
    [property: Id(2)] int Rank,
    [property: Id(3)] int Trainers,
    [property: Id(4)] IReadOnlyList<int> Shards,
    [property: Id(5)] int SmallestShard,
    [property: Id(6)] string OptionsJson,
    [property: Id(7)] string? Checkpoint,
    [property: Id(8)] long Step);

/// <summary>Whether a trainer can start.</summary>
/// <param name="Problem">What a user has to mend, such as missing data; null if the trainer is ready.</param>
[GenerateSerializer, Immutable, Alias("afa.trainer-readiness")]
public sealed record TrainerReadiness([property: Id(0)] string? Problem);

/// <summary>How many held-out images a replica gets right; sums over the parts describe all of them.</summary>
/// <param name="RobustCorrect">Right with and without the attack.</param>
[GenerateSerializer, Immutable, Alias("afa.trainer-validation")]
public sealed record TrainerValidation([property: Id(0)] int Images, [property: Id(1)] int CleanCorrect, [property: Id(2)] int RobustCorrect);

/// <summary>What one trainer measured in one step; sums over the trainers describe the global batch.</summary>
/// <param name="Failure">Why the run cannot go on, such as a loss that is not finite; else null.</param>
[GenerateSerializer, Immutable, Alias("afa.trainer-step")]
public sealed record TrainerStep(
    [property: Id(0)] long Step,
    [property: Id(1)] double Loss,
    [property: Id(2)] int Images,
    [property: Id(3)] long? CleanCorrect,
    [property: Id(4)] long? RobustCorrect,
    [property: Id(5)] long? FeatureMatches,
    [property: Id(6)] IReadOnlyDictionary<string, double> PhaseSeconds,
    [property: Id(7)] string? Failure);
