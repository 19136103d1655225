namespace Afa.Checkpoints;

/// <summary>What <see cref="CheckpointStore.LoadLatestGoodAsync"/> found.</summary>
/// <param name="Name">Name of the checkpoint, or null if none verifies.</param>
/// <param name="Checkpoint">The checkpoint, or null if none verifies.</param>
/// <param name="Damaged">Those that were passed over.</param>
public sealed record LatestCheckpoint(string? Name, Checkpoint? Checkpoint, IReadOnlyList<DamagedCheckpoint> Damaged);
