namespace Afa.Checkpoints;

/// <summary>The bytes of a blob and the tag of exactly these bytes; see <see cref="IBlobStore.WriteIfUnchangedAsync"/>.</summary>
public sealed record TaggedBlob(ReadOnlyMemory<byte> Content, string ETag);
