using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Afa.Storage;

/// <summary>Sends a stream as one blob, a few blocks at a time, and hashes it on the way.</summary>
/// <param name="conditions">What must hold when the blob appears; null: nothing.</param>
/// <param name="describe">Makes the blob's metadata from the SHA-256 of its content, in lower-case hexadecimal digits.</param>
internal sealed class BlockUpload(BlockBlobClient blob, int blockSizeInBytes, BlobRequestConditions? conditions, Func<string, Dictionary<string, string>> describe)
{
    /// <summary>Blocks that are on their way, and in memory, at once.</summary>
    public const int ParallelBlocks = 4;

    private readonly List<string> _blockIds = [];

    /// <summary>Sends what is left of the stream.</summary>
    /// <returns>The ETag of the new blob.</returns>
    public async Task<ETag> RunAsync(Stream content, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var first = await ReadBlockAsync(content, hash, cancellationToken);
        if (first.Length < blockSizeInBytes)
        {
            using (first)
            {
                return await PutAsync(first, hash, cancellationToken);
            }
        }

        await Parallel.ForEachAsync(
            BlocksAsync(first, content, hash, cancellationToken), new ParallelOptions { MaxDegreeOfParallelism = ParallelBlocks, CancellationToken = cancellationToken }, StageAsync);
        var options = new CommitBlockListOptions { Metadata = Describe(hash), Conditions = conditions };
        return (await blob.CommitBlockListAsync(_blockIds, options, cancellationToken)).Value.ETag;
    }

    private async Task<ETag> PutAsync(Block block, IncrementalHash hash, CancellationToken cancellationToken)
    {
        var options = new BlobUploadOptions { Metadata = Describe(hash), Conditions = conditions };
        return (await blob.UploadAsync(block.Open(), options, cancellationToken)).Value.ETag;
    }

    private async ValueTask StageAsync(Block block, CancellationToken cancellationToken)
    {
        using (block)
        {
            await blob.StageBlockAsync(block.Id, block.Open(), cancellationToken: cancellationToken);
        }
    }

    /// <summary>Reads block after block; the next is read when there is a free place for it.</summary>
    private async IAsyncEnumerable<Block> BlocksAsync(
        Block first, Stream content, IncrementalHash hash, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var block = first;
        while (block.Length > 0)
        {
            _blockIds.Add(block.Id);
            yield return block;
            block = await ReadBlockAsync(content, hash, cancellationToken);
        }

        block.Dispose();
    }

    private async Task<Block> ReadBlockAsync(Stream content, IncrementalHash hash, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(blockSizeInBytes);
        var length = await content.ReadAtLeastAsync(buffer.AsMemory(0, blockSizeInBytes), blockSizeInBytes, throwOnEndOfStream: false, cancellationToken);
        hash.AppendData(buffer, 0, length);
        return new(buffer, length);
    }

    private Dictionary<string, string> Describe(IncrementalHash hash) => describe(Convert.ToHexStringLower(hash.GetHashAndReset()));

    /// <summary>Some bytes in a buffer of the pool, which gets it back when this is disposed.</summary>
    private sealed class Block(byte[] buffer, int length) : IDisposable
    {
        /// <summary>Random, so that the blocks of two writers of one blob are never taken for each other; all of one length, as the service wants.</summary>
        public string Id { get; } = Convert.ToBase64String(Guid.NewGuid().ToByteArray());

        public int Length => length;

        public MemoryStream Open() => new MemoryStream(buffer, 0, length, writable: false);

        public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
    }
}
