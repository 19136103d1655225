using System.Text.Json;
using Afa.Models;

namespace Afa.Checkpoints;

/// <summary>Everything about a checkpoint that is not a tensor; stored as its state.json.</summary>
public sealed record CheckpointState
{
    /// <summary>The version of state.json that this program writes, and the only one that it reads.</summary>
    public const int CurrentFormatVersion = 1;

    public int FormatVersion { get; init; } = CurrentFormatVersion;

    /// <summary>The run that made the checkpoint.</summary>
    public required string Run { get; init; }

    /// <summary>The part of the run, such as the training of the features or of the head.</summary>
    public required string Phase { get; init; }

    /// <summary>Finished epochs.</summary>
    public required int Epoch { get; init; }

    /// <summary>Finished steps, counted over the whole run.</summary>
    public required long Step { get; init; }

    /// <summary>What the model is built from.</summary>
    public required ModelOptions ModelOptions { get; init; }

    /// <summary>The run's options with all defaults filled in, or null if the checkpoint comes from no run.</summary>
    public JsonElement? Options { get; init; }

    /// <summary>Measurements by name, such as the loss of the last epoch; may hold NaN and infinities.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Name of the checkpoint from which training went on, or null.</summary>
    public string? Parent { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The tensor files. <see cref="CheckpointStore.SaveAsync"/> fills this in and ignores what it was.</summary>
    public IReadOnlyList<CheckpointFile> Files { get; init; } = [];
}
