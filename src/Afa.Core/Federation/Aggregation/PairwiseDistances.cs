using System.Buffers;
using System.Numerics.Tensors;

namespace Afa.Federation.Aggregation;

/// <summary>Squared Euclidean distances between the updates of a round, and their squared norms, summed in float64 while the slices pass.</summary>
/// <remarks>Krum, Bulyan, the geometric median and clipping depend on whole updates through these alone, so no update is ever held as a whole. For one thread at a time.</remarks>
public sealed class PairwiseDistances
{
    private const int BlockLength = 512;   // A block of each of 10 updates fits into the second-level cache.

    private readonly double[,] _sums;   // Above the diagonal distances, on it norms.

    /// <param name="updates">Number of updates, at least 1.</param>
    /// <param name="normsOnly">Whether nothing but norms is asked for, which cost a look at each update and not at each pair.</param>
    public PairwiseDistances(int updates, bool normsOnly = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(updates, 1);
        Count = updates;
        HasPairs = !normsOnly;
        _sums = new double[updates, updates];
    }

    /// <summary>Number of updates.</summary>
    public int Count { get; }

    /// <summary>Whether distances are known, and not norms alone.</summary>
    public bool HasPairs { get; }

    /// <summary>Adds what some coordinates contribute. Every coordinate is to be added once; the order does not matter but for rounding.</summary>
    /// <param name="slices">The same coordinates of each update, in the order of the round.</param>
    /// <exception cref="ArgumentException">There are more or fewer slices than updates, or they differ in length.</exception>
    public void Add(IReadOnlyList<ReadOnlyMemory<float>> slices)
    {
        var length = UpdateSlices.CommonLength(slices, Count);
        var rows = ArrayPool<double>.Shared.Rent(Count * BlockLength);
        Span<double> difference = stackalloc double[BlockLength];
        for (var start = 0; start < length; start += BlockLength)
        {
            var size = Math.Min(BlockLength, length - start);
            for (var i = 0; i < Count; i++)
            {
                TensorPrimitives.ConvertTruncating(slices[i].Span.Slice(start, size), rows.AsSpan(i * BlockLength, size));
            }

            AddBlock(rows, difference[..size]);
        }

        ArrayPool<double>.Shared.Return(rows);
    }

    /// <summary>Squared distance of two updates; positive infinity if one of them has a value that is not finite.</summary>
    /// <exception cref="InvalidOperationException">Only norms were asked for.</exception>
    public double Squared(int i, int j) =>
        i == j ? 0
        : HasPairs ? OrInfinity(_sums[Math.Min(i, j), Math.Max(i, j)])
        : throw new InvalidOperationException("These are norms of updates alone; distances were not asked for.");

    /// <summary>Squared norm of an update; positive infinity if a value of it is not finite.</summary>
    public double SquaredNorm(int i) => OrInfinity(_sums[i, i]);

    private void AddBlock(ReadOnlySpan<double> rows, Span<double> difference)
    {
        for (var i = 0; i < Count; i++)
        {
            var row = rows.Slice(i * BlockLength, difference.Length);
            _sums[i, i] += TensorPrimitives.SumOfSquares(row);
            for (var j = i + 1; HasPairs && j < Count; j++)
            {
                TensorPrimitives.Subtract(row, rows.Slice(j * BlockLength, difference.Length), difference);
                _sums[i, j] += TensorPrimitives.SumOfSquares<double>(difference);
            }
        }
    }

    private static double OrInfinity(double sum) => double.IsFinite(sum) ? sum : double.PositiveInfinity;
}
