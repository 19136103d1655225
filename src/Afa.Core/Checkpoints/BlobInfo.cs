namespace Afa.Checkpoints;

/// <summary>One entry of a list of blobs.</summary>
public sealed record BlobInfo(string Name, long SizeInBytes, DateTimeOffset Modified);
