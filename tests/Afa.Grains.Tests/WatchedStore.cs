using Afa.Checkpoints;

namespace Afa.Tests.Grains;

/// <summary>A store before whose every write something happens.</summary>
internal sealed class WatchedStore(IBlobStore inner, Func<string, Task> beforeWriteAsync) : IBlobStore
{
    public async Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        await beforeWriteAsync(name);
        await inner.WriteAsync(name, content, cancellationToken);
    }

    public async Task WriteAsync(string name, Stream content, CancellationToken cancellationToken = default)
    {
        await beforeWriteAsync(name);
        await inner.WriteAsync(name, content, cancellationToken);
    }

    public async Task<string> WriteIfUnchangedAsync(string name, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default)
    {
        await beforeWriteAsync(name);
        return await inner.WriteIfUnchangedAsync(name, content, expectedETag, cancellationToken);
    }

    public Task<byte[]?> ReadAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default) => inner.ReadAsync(name, maxSizeInBytes, cancellationToken);

    public Task<TaggedBlob?> ReadTaggedAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default) => inner.ReadTaggedAsync(name, maxSizeInBytes, cancellationToken);

    public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellationToken = default) => inner.OpenReadAsync(name, cancellationToken);

    public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellationToken = default) => inner.ListAsync(prefix, cancellationToken);

    public Task DeleteAsync(string name, CancellationToken cancellationToken = default) => inner.DeleteAsync(name, cancellationToken);
}
