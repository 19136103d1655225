using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Afa.Checkpoints;
using Azure;
using Azure.Core;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using BlobInfo = Afa.Checkpoints.BlobInfo;

namespace Afa.Storage;

/// <summary>
/// A container of an Azure storage account, or a folder in it, as a blob store. Any number of processes may use it at once.
/// </summary>
/// <remarks>
/// <para>
/// Who checks what: the service checks the MD5 of each block that arrives and refuses one that was altered on the way. The SHA-256 of the
/// whole is stored with the blob in the same write, and <see cref="ReadAsync"/> and <see cref="ReadTaggedAsync"/> compare it, so that
/// what is read is what was written. <see cref="OpenReadAsync"/> leaves that to its caller: the one there is, <see cref="CheckpointStore"/>,
/// reads each file of a checkpoint back to compare it before it publishes the checkpoint.
/// </para>
/// <para>
/// A blob that fits into one block is one request; a larger one is sent in blocks with names of their own for each write and appears when
/// their list is committed, so two writers of one name never mix. The container is created by the first write that misses it.
/// </para>
/// <para>
/// No lease of the service is taken: a write with <see cref="WriteIfUnchangedAsync"/> is all that keeps two processes from one thing,
/// as in a folder, and the service decides it by the blob's ETag.
/// </para>
/// </remarks>
public sealed class AzureBlobStore : IBlobStore
{
    /// <summary>Largest block. <see cref="BlockUpload.ParallelBlocks"/> of them are in memory at once.</summary>
    public const int DefaultBlockSizeInBytes = 4 << 20;

    private const int MaxTries = 5;
    private const int MaxUploads = 12;
    private const string HashKey = "afa_sha256";
    private const string WriteKey = "afa_write";

    private readonly BlobContainerClient _container;
    private readonly string _prefix;
    private readonly int _blockSizeInBytes;
    private readonly string _address;

    /// <summary>Conditional writes that failed without an answer: the service may have carried them out all the same.</summary>
    private readonly ConcurrentDictionary<(string Name, string? ExpectedETag), string> _unanswered = [];

    /// <param name="container">The container, by a client with <see cref="ClientOptions"/>. An account with a hierarchical namespace is not supported.</param>
    /// <param name="folder">Put before each name, with a '/'; "" for none.</param>
    /// <param name="blockSizeInBytes">Largest block; tests take small ones.</param>
    public AzureBlobStore(BlobContainerClient container, string folder = "", int blockSizeInBytes = DefaultBlockSizeInBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blockSizeInBytes);
        if (folder.Length > 0)
        {
            BlobName.Validate(folder);
        }

        _container = container;
        _prefix = folder.Length > 0 ? folder + "/" : "";
        _blockSizeInBytes = blockSizeInBytes;
        _address = $"{container.Uri.GetLeftPart(UriPartial.Path)}/{folder}".TrimEnd('/');   // Without the query, which may be a shared access signature.
    }

    /// <summary>
    /// Settings for the client: 5 retries after 0.5, 1, 2, 4 and 8 s (each ± 20 %), 30 s for an answer. So a request to an account that refuses
    /// connections fails after 16 s, one to an account that is silent after 196 s.
    /// </summary>
    public static BlobClientOptions ClientOptions() => new()
    {
        Retry =
        {
            Mode = RetryMode.Exponential,
            MaxRetries = 5,
            Delay = TimeSpan.FromSeconds(0.5),
            MaxDelay = TimeSpan.FromSeconds(8),
            NetworkTimeout = TimeSpan.FromSeconds(30),
        },
        TransferValidation = { Upload = { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 } },
    };

    /// <summary>Whether the container is there.</summary>
    /// <exception cref="IOException">It cannot be told.</exception>
    public Task<bool> ExistsAsync(CancellationToken cancellationToken = default) =>
        TranslateAsync($"find the container {_container.Name}", async () => (await _container.ExistsAsync(cancellationToken)).Value, cancellationToken);

    /// <inheritdoc/>
    public Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        WriteAsync(name, BinaryData.FromBytes(content).ToStream(), cancellationToken);

    /// <inheritdoc/>
    public async Task WriteAsync(string name, Stream content, CancellationToken cancellationToken = default)
    {
        var blob = Blob(name);
        await TranslateAsync($"write blob '{name}'", () => UploadAsync(blob, content, writeId: null, conditions: null, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// An answer may be lost though the service has written; the client then repeats the request and is told of a conflict with itself. Each
    /// write has a random identifier in the blob's metadata, by which it is recognised and written again over itself, also if a later call of
    /// this store with the same name and ETag is the first to get through.
    /// </remarks>
    public async Task<string> WriteIfUnchangedAsync(
        string name, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default)
    {
        var blob = Blob(name);
        var writeId = _unanswered.TryRemove((name, expectedETag), out var earlier) ? earlier : Guid.NewGuid().ToString("N");
        try
        {
            return await TranslateAsync($"write blob '{name}'", () => WriteOverAsync(blob, name, content, expectedETag, writeId, cancellationToken), cancellationToken);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            _unanswered[(name, expectedETag)] = writeId;
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<byte[]?> ReadAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default) =>
        (await ReadVerifiedAsync(name, maxSizeInBytes, cancellationToken))?.Content;

    /// <inheritdoc/>
    public async Task<TaggedBlob?> ReadTaggedAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken = default) =>
        await ReadVerifiedAsync(name, maxSizeInBytes, cancellationToken) is { } blob ? new(blob.Content, blob.ETag) : null;

    /// <inheritdoc/>
    /// <remarks>The blob is copied to a temporary file first, as the service does not keep what was replaced.</remarks>
    public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellationToken = default) =>
        DownloadAsync<Stream>(name, download => CopyAsync(download, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        BlobName.ValidatePrefix(prefix);
        var blobs = await TranslateAsync($"list blobs '{prefix}'", () => FindAsync(prefix, cancellationToken), cancellationToken);
        foreach (var blob in blobs)
        {
            yield return blob;
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        var blob = Blob(name);
        await TranslateAsync($"delete blob '{name}'", () => blob.DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken), cancellationToken);
    }

    private BlockBlobClient Blob(string name)
    {
        BlobName.Validate(name);
        return _container.GetBlockBlobClient(_prefix + name);
    }

    /// <summary>Writes over the version that is expected, or over what an earlier try of this very write has left.</summary>
    private async Task<string> WriteOverAsync(
        BlockBlobClient blob, string name, ReadOnlyMemory<byte> content, string? expectedETag, string writeId, CancellationToken cancellationToken)
    {
        var over = expectedETag;
        while (true)
        {
            try
            {
                var conditions = over is null ? new BlobRequestConditions { IfNoneMatch = ETag.All } : new BlobRequestConditions { IfMatch = new ETag(over) };
                return (await UploadAsync(blob, BinaryData.FromBytes(content).ToStream(), writeId, conditions, cancellationToken)).ToString();
            }
            catch (RequestFailedException error) when (error.Status is 412 || error.ErrorCode == BlobErrorCode.BlobAlreadyExists || error.ErrorCode == BlobErrorCode.BlobNotFound)
            {
                var found = await PropertiesAsync(blob, cancellationToken);
                over = found?.ETag.ToString();
                if (found is null || !found.Metadata.TryGetValue(WriteKey, out var lastWriteId) || lastWriteId != writeId)
                {
                    throw new BlobChangedException(name, expectedETag, over);
                }
            }
        }
    }

    private static async Task<BlobProperties?> PropertiesAsync(BlockBlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            return await blob.GetPropertiesAsync(cancellationToken: cancellationToken);
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Uploads the rest of a stream, from its start again if another writer got between the blocks or the container is missing.</summary>
    private async Task<ETag> UploadAsync(
        BlockBlobClient blob, Stream content, string? writeId, BlobRequestConditions? conditions, CancellationToken cancellationToken)
    {
        var start = content.CanSeek ? content.Position : 0;
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await new BlockUpload(blob, _blockSizeInBytes, conditions, hash => Describe(hash, writeId)).RunAsync(content, cancellationToken);
            }
            catch (RequestFailedException error) when (content.CanSeek && tries < MaxUploads && error.ErrorCode == BlobErrorCode.ContainerNotFound)
            {
                await CreateContainerAsync(cancellationToken);
            }
            catch (RequestFailedException error) when (content.CanSeek && tries < MaxUploads && error.ErrorCode == BlobErrorCode.InvalidBlockList)
            {
                // Whoever writes a blob throws away the blocks that others have sent for it. A random wait, so that one of them gets through.
                await Task.Delay(Random.Shared.Next(50 * tries), cancellationToken);
            }

            content.Position = start;
        }
    }

    private static Dictionary<string, string> Describe(string sha256, string? writeId)
    {
        var metadata = new Dictionary<string, string> { [HashKey] = sha256 };
        if (writeId is not null)
        {
            metadata[WriteKey] = writeId;
        }

        return metadata;
    }

    private async Task CreateContainerAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        }
        catch (RequestFailedException error) when (error.Status is 401 or 403)
        {
            throw new IOException(
                $"There is no such container, and with these rights it cannot be created ({error.Status} {error.ErrorCode}). " +
                $"Create it: az storage container create --account-name {_container.AccountName} --name {_container.Name}");
        }
    }

    /// <summary>Reads a blob; null if there is none.</summary>
    private async Task<T?> DownloadAsync<T>(string name, Func<BlobDownloadStreamingResult, Task<T>> takeAsync, CancellationToken cancellationToken)
        where T : class
    {
        var blob = Blob(name);
        return await TranslateAsync($"read blob '{name}'", async () =>
        {
            for (var tries = 1; ; tries++)
            {
                try
                {
                    using var download = (await blob.DownloadStreamingAsync(cancellationToken: cancellationToken)).Value;
                    return await takeAsync(download);
                }
                catch (RequestFailedException error) when (error.Status == 404)
                {
                    return null;
                }
                catch (RequestFailedException error) when (error.Status == 412 && tries < MaxTries)
                {
                    // It was replaced and the connection lost while it was read.
                }
            }
        }, cancellationToken);
    }

    /// <summary>Reads a blob until its bytes have the hash that was stored with them: the first try may have met a write.</summary>
    private async Task<ReadBlob?> ReadVerifiedAsync(string name, long maxSizeInBytes, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            if (await DownloadAsync(name, download => ReadWholeAsync(name, maxSizeInBytes, download, cancellationToken), cancellationToken) is not { } read)
            {
                return null;
            }

            var hash = Convert.ToHexStringLower(SHA256.HashData(read.Content));
            if (read.WrittenHash is null || read.WrittenHash == hash)
            {
                return read;
            }

            if (tries == MaxTries)
            {
                throw new InvalidDataException(
                    $"Blob '{name}' in {_address} is not as it was written: its content has SHA-256 {hash}, not {read.WrittenHash}. Restore it or delete it.");
            }
        }
    }

    private async Task<ReadBlob> ReadWholeAsync(string name, long maxSizeInBytes, BlobDownloadStreamingResult download, CancellationToken cancellationToken)
    {
        var size = download.Details.ContentLength;
        if (size > Math.Min(maxSizeInBytes, Array.MaxLength))
        {
            throw new InvalidDataException($"Blob '{name}' in {_address} has {size} bytes; at most {Math.Min(maxSizeInBytes, Array.MaxLength)} are expected.");
        }

        var content = new byte[size];
        await download.Content.ReadExactlyAsync(content, cancellationToken);
        return new(content, download.Details.ETag.ToString(), download.Details.Metadata.TryGetValue(HashKey, out var hash) ? hash : null);
    }

    private static async Task<Stream> CopyAsync(BlobDownloadStreamingResult download, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 1 << 16,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;   // Others may look into the folder.
        }

        var file = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), options);
        try
        {
            await download.Content.CopyToAsync(file, cancellationToken);
            file.Position = 0;
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>Blobs in ordinal order, whatever the order of the service; nothing if the container is missing.</summary>
    private async Task<List<BlobInfo>> FindAsync(string prefix, CancellationToken cancellationToken)
    {
        var found = new List<BlobInfo>();
        try
        {
            await foreach (var blob in _container.GetBlobsAsync(new GetBlobsOptions { Prefix = _prefix + prefix }, cancellationToken))
            {
                var name = blob.Name[_prefix.Length..];
                if (BlobName.IsValid(name))   // Others may have put something there.
                {
                    found.Add(new(name, blob.Properties.ContentLength ?? 0, blob.Properties.LastModified ?? default));
                }
            }
        }
        catch (RequestFailedException error) when (error.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            return [];
        }

        found.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        return found;
    }

    /// <remarks>The client's exceptions hold headers and what was signed; they are not passed on, so that they end in no log.</remarks>
    private async Task<T> TranslateAsync<T>(string what, Func<Task<T>> action, CancellationToken cancellationToken)
    {
        try
        {
            return await action();
        }
        catch (Exception error) when (AzureFailure.Explain(error, cancellationToken) is { } reason)
        {
            throw new IOException($"Could not {what} in {_address}: {reason}");
        }
    }

    /// <param name="WrittenHash">As stored with the blob; null if others have put it there.</param>
    private sealed record ReadBlob(byte[] Content, string ETag, string? WrittenHash);
}
