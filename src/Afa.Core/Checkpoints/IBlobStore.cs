namespace Afa.Checkpoints;

/// <summary>
/// Named blobs: the one place where checkpoints, results and grain state are kept. Names follow <see cref="BlobName"/>.
/// Every member may be called from several threads and processes at once.
/// </summary>
/// <remarks>
/// Every member throws <see cref="ArgumentException"/> for a name that <see cref="BlobName"/> refuses, and <see cref="IOException"/>
/// if the store cannot be reached, is full, or denies access. A missing blob is no error: reads return null.
/// </remarks>
public interface IBlobStore
{
    /// <summary>Writes a blob, over an older one if there is one. Readers see the old blob or the whole new one, never a part.</summary>
    Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <summary>Writes a blob from the rest of a stream, as the other overload does. The stream stays open.</summary>
    Task WriteAsync(string name, Stream content, CancellationToken cancellationToken = default);

    /// <summary>Writes a blob if it is still the one that the caller has read.</summary>
    /// <param name="name">Name of the blob.</param>
    /// <param name="content">The new bytes.</param>
    /// <param name="expectedETag">What <see cref="ReadTaggedAsync"/> or the last write returned; null if the blob must not exist yet.</param>
    /// <param name="cancellationToken">Ends the attempt; the blob is then the old or the new one.</param>
    /// <returns>The ETag of the new blob.</returns>
    /// <exception cref="BlobChangedException">Another writer came first. Nothing was written.</exception>
    Task<string> WriteIfUnchangedAsync(
        string name, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default);

    /// <summary>Reads a whole blob.</summary>
    /// <param name="name">Name of the blob.</param>
    /// <param name="maxSizeInBytes">A larger blob is refused before memory is taken for it.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The bytes, or null if there is no such blob.</returns>
    /// <exception cref="InvalidDataException">
    /// The blob is larger than <paramref name="maxSizeInBytes"/>, or it has other bytes than were written and the store is one that can tell.
    /// </exception>
    Task<byte[]?> ReadAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default);

    /// <summary>Reads a whole blob, as <see cref="ReadAsync"/> does, with the tag that <see cref="WriteIfUnchangedAsync"/> wants.</summary>
    Task<TaggedBlob?> ReadTaggedAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default);

    /// <summary>Opens a blob for reading. A write or delete that comes later does not change what this stream reads. Whether it is what was written is the caller's to check.</summary>
    /// <returns>The stream, which the caller disposes, or null if there is no such blob.</returns>
    Task<Stream?> OpenReadAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Lists the blobs whose names start with the prefix, in ordinal order of their names.</summary>
    /// <param name="prefix">The start of a name: "runs/a" also finds "runs/ab/state.json", "runs/a/" does not; "" finds all.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellationToken = default);

    /// <summary>Deletes a blob. Deleting one that is not there has no effect.</summary>
    Task DeleteAsync(string name, CancellationToken cancellationToken = default);
}
