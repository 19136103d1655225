namespace Afa.Checkpoints;

/// <summary>A stored state of training.</summary>
/// <param name="State">Where training stood.</param>
/// <param name="Model">Parameters and buffers of the model by name.</param>
/// <param name="Optimizer">Tensors of the optimizer by name, or null if training cannot go on from here.</param>
public sealed record Checkpoint(
    CheckpointState State,
    IReadOnlyDictionary<string, TensorRecord> Model,
    IReadOnlyDictionary<string, TensorRecord>? Optimizer = null);
