using System.Text.Json.Serialization;

namespace Afa.Grains;

/// <summary>What a training run keeps in the store between calls and over the death of its silo.</summary>
/// <remarks>What an earlier version kept besides is passed over: its runs go on.</remarks>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
internal sealed class TrainingRunState
{
    public string? OptionsJson { get; set; }

    public RunState State { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Time at work up to the last write.</summary>
    public TimeSpan Elapsed { get; set; }

    public List<EpochMetrics> History { get; set; } = [];

    public string? Checkpoint { get; set; }

    /// <summary>Sums of the epoch under way when <see cref="Checkpoint"/> was written.</summary>
    public EpochSums? UnfinishedEpoch { get; set; }

    /// <summary>Steps finished when <see cref="Checkpoint"/> was written.</summary>
    public long CheckpointStep { get; set; }

    /// <summary>Grows with each start from a checkpoint, in whichever process.</summary>
    public int Attempt { get; set; }

    public int Recoveries { get; set; }

    /// <summary>Whether the silo that worked on it ended in good order: who takes it up recovers nothing.</summary>
    public bool IsHandedOver { get; set; }

    /// <summary>Of the last attempt of an elastic run; else null.</summary>
    public int? Trainers { get; set; }

    public string? Message { get; set; }

    /// <summary>Steps of the whole run; 0 before the first start.</summary>
    public long Steps { get; set; }

    public int Epochs { get; set; }
}
