using System.Runtime.CompilerServices;
using Afa.Checkpoints;

namespace Afa.Tests.Grains;

/// <summary>A store that can be taken away, for everything or for writing, and given back.</summary>
internal sealed class SwitchedStore(IBlobStore inner) : IBlobStore
{
    public const string Message = "The store is away.";

    private volatile bool _refusesReads;
    private volatile bool _refusesWrites;

    /// <summary>Refuses everything, or writes and deletions only, for a while.</summary>
    public async Task FailAsync(TimeSpan duration, bool alsoReads)
    {
        (_refusesReads, _refusesWrites) = (alsoReads, true);
        await Task.Delay(duration);
        (_refusesReads, _refusesWrites) = (false, false);
    }

    public Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) => Writable().WriteAsync(name, content, cancellationToken);

    public Task WriteAsync(string name, Stream content, CancellationToken cancellationToken = default) => Writable().WriteAsync(name, content, cancellationToken);

    public Task<string> WriteIfUnchangedAsync(string name, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default) =>
        Writable().WriteIfUnchangedAsync(name, content, expectedETag, cancellationToken);

    public Task<byte[]?> ReadAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default) => Readable().ReadAsync(name, maxSizeInBytes, cancellationToken);

    public Task<TaggedBlob?> ReadTaggedAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default) => Readable().ReadTaggedAsync(name, maxSizeInBytes, cancellationToken);

    public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellationToken = default) => Readable().OpenReadAsync(name, cancellationToken);

    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var blob in Readable().ListAsync(prefix, cancellationToken))
        {
            yield return blob;
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken = default) => Writable().DeleteAsync(name, cancellationToken);

    private IBlobStore Readable() => _refusesReads ? throw new IOException(Message) : inner;

    private IBlobStore Writable() => _refusesWrites ? throw new IOException(Message) : inner;
}
