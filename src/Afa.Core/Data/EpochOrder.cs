using Afa.Compute;

namespace Afa.Data;

/// <summary>Order in which one shard's images are used in one epoch. It depends on seed, epoch and shard number only.</summary>
public sealed class EpochOrder
{
    private readonly int[] _indices;

    /// <param name="shardIndices">The images of the shard.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="epoch">Number of the epoch, from 0.</param>
    /// <param name="shard">Number of the shard, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative.</exception>
    public EpochOrder(ReadOnlySpan<int> shardIndices, ulong seed, int epoch, int shard)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(shard);

        _indices = shardIndices.ToArray();
        new SeededDraws(Seed.Derive(seed, (ulong)SeedUse.EpochOrder, (ulong)epoch, (ulong)shard)).Shuffle(_indices);
    }

    /// <summary>The images of the shard in the order of their use.</summary>
    public ReadOnlySpan<int> Indices => _indices;

    /// <summary>Number of batches of an epoch.</summary>
    /// <param name="count">Images in the shard.</param>
    /// <param name="batchSize">Images in a batch, at least 1.</param>
    /// <param name="lastBatch">Whether an incomplete batch counts.</param>
    public static int BatchesPerEpoch(int count, int batchSize, LastBatch lastBatch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);

        var (full, rest) = Math.DivRem(count, batchSize);
        return lastBatch == LastBatch.Keep && rest > 0 ? full + 1 : full;
    }

    /// <summary>The images of one batch; the last one of the epoch may have fewer than <paramref name="batchSize"/>.</summary>
    /// <param name="step">Number of the batch in the epoch, from 0.</param>
    /// <param name="batchSize">Images in a batch, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The epoch has no such batch.</exception>
    public ReadOnlySpan<int> BatchIndices(int step, int batchSize)
    {
        var batches = BatchesPerEpoch(_indices.Length, batchSize, LastBatch.Keep);
        if ((uint)step >= (uint)batches)
        {
            throw new ArgumentOutOfRangeException(
                nameof(step), step, $"step must be in [0, {batches - 1}]: {_indices.Length} images are {batches} batches of up to {batchSize}.");
        }

        var start = step * batchSize;
        return _indices.AsSpan(start, Math.Min(batchSize, _indices.Length - start));
    }
}
