using Afa.Checkpoints;

namespace Afa.Tests.Grains;

/// <summary>A store that refuses some writes, as one does that is full or away.</summary>
internal sealed class FailingStore(IBlobStore inner, Func<string, bool> refuses) : IBlobStore
{
    public Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        refuses(name) ? Refusal() : inner.WriteAsync(name, content, cancellationToken);

    public Task WriteAsync(string name, Stream content, CancellationToken cancellationToken = default) =>
        refuses(name) ? Refusal() : inner.WriteAsync(name, content, cancellationToken);

    public Task<string> WriteIfUnchangedAsync(string name, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default) =>
        inner.WriteIfUnchangedAsync(name, content, expectedETag, cancellationToken);

    public Task<byte[]?> ReadAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default) => inner.ReadAsync(name, maxSizeInBytes, cancellationToken);

    public Task<TaggedBlob?> ReadTaggedAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default) => inner.ReadTaggedAsync(name, maxSizeInBytes, cancellationToken);

    public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellationToken = default) => inner.OpenReadAsync(name, cancellationToken);

    public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellationToken = default) => inner.ListAsync(prefix, cancellationToken);

    public Task DeleteAsync(string name, CancellationToken cancellationToken = default) => inner.DeleteAsync(name, cancellationToken);

    private static Task Refusal() => throw new IOException("The store is away.");
}
