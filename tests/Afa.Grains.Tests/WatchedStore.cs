using Afa.Checkpoints;

namespace Afa.Tests.Grains;

/// <summary>A store before whose every write or deletion something happens.</summary>
internal sealed class WatchedStore(IBlobStore inner, Func<string, Task> beforeWriteAsync, Func<string, Task>? beforeDeleteAsync = null) : IBlobStore
{
    public async Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        await beforeWriteAsync(name).WaitAsync(cancellationToken);
        await inner.WriteAsync(name, content, cancellationToken);
    }

    public async Task WriteAsync(string name, Stream content, CancellationToken cancellationToken = default)
    {
        await beforeWriteAsync(name).WaitAsync(cancellationToken);
        await inner.WriteAsync(name, content, cancellationToken);
    }

    public async Task<string> WriteIfUnchangedAsync(string name, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default)
    {
        await beforeWriteAsync(name).WaitAsync(cancellationToken);
        return await inner.WriteIfUnchangedAsync(name, content, expectedETag, cancellationToken);
    }

    public Task<byte[]?> ReadAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default) => inner.ReadAsync(name, maxSizeInBytes, cancellationToken);

    public Task<TaggedBlob?> ReadTaggedAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default) => inner.ReadTaggedAsync(name, maxSizeInBytes, cancellationToken);

    public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellationToken = default) => inner.OpenReadAsync(name, cancellationToken);

    public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellationToken = default) => inner.ListAsync(prefix, cancellationToken);

    public async Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        await (beforeDeleteAsync?.Invoke(name) ?? Task.CompletedTask);
        await inner.DeleteAsync(name, cancellationToken);
    }
}
