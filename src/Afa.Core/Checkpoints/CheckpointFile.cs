namespace Afa.Checkpoints;

/// <summary>One tensor file of a checkpoint. The hash is SHA-256 in lower-case hexadecimal digits.</summary>
public sealed record CheckpointFile(string Name, long SizeInBytes, string Sha256);
