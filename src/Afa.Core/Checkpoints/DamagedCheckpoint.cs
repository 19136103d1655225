namespace Afa.Checkpoints;

/// <summary>A checkpoint that cannot be used, and why.</summary>
public sealed record DamagedCheckpoint(string Name, string Reason);
