using System.Runtime.CompilerServices;
using Afa.Checkpoints;

namespace Afa.Tests.Checkpoints;

/// <summary>A blob store in memory whose writes and reads a test can watch, change or let fail.</summary>
internal sealed class MemoryBlobStore : IBlobStore
{
    public SortedDictionary<string, byte[]> Blobs { get; } = new(StringComparer.Ordinal);

    /// <summary>Called before each write; what it throws, the write throws, and what it returns is stored.</summary>
    public Func<string, byte[], byte[]> OnWrite { get; set; } = (_, content) => content;

    public Action<string> OnRead { get; set; } = _ => { };

    public List<string> Log { get; } = [];

    public Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        BlobName.Validate(name);
        Blobs[name] = OnWrite(name, content.ToArray());
        Log.Add($"write {name}");
        return Task.CompletedTask;
    }

    public async Task WriteAsync(string name, Stream content, CancellationToken cancellationToken = default)
    {
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, cancellationToken);
        await WriteAsync(name, copy.ToArray(), cancellationToken);
    }

    public Task<string> WriteIfUnchangedAsync(
        string name, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Checkpoints are not written so.");

    public Task<TaggedBlob?> ReadTaggedAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Checkpoints are not read so.");

    public Task<byte[]?> ReadAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default)
    {
        OnRead(name);
        var content = Blobs.GetValueOrDefault(name);
        return content?.Length > maxSizeInBytes
            ? throw new InvalidDataException($"{name} has {content.Length} bytes; at most {maxSizeInBytes} are expected.")
            : Task.FromResult(content);
    }

    public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellationToken = default) =>
        Task.FromResult<Stream?>(Blobs.TryGetValue(name, out var content) ? new MemoryStream(content, writable: false) : null);

    public async IAsyncEnumerable<BlobInfo> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var (name, content) in Blobs.Where(blob => blob.Key.StartsWith(prefix, StringComparison.Ordinal)).ToArray())
        {
            yield return await Task.FromResult(new BlobInfo(name, content.Length, DateTimeOffset.UnixEpoch));
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        Blobs.Remove(name);
        Log.Add($"delete {name}");
        return Task.CompletedTask;
    }
}
