using System.Buffers;
using System.Numerics.Tensors;

namespace Afa.Federation.Aggregation;

/// <summary>A rule that looks at each coordinate alone: it sorts the values of the vectors and makes one of them.</summary>
/// <param name="mixing">The vectors, as combinations of the updates.</param>
/// <param name="rule">What is made of the sorted values.</param>
/// <param name="chosen">See <see cref="IAggregation.Chosen"/>.</param>
/// <remarks>
/// Vectors are rounded to float32 after mixing. What is not a number is sorted as positive infinity: as an outlier, of which the rules leave out as many as
/// they withstand at this end too.
/// </remarks>
internal sealed class SortedCoordinates(Mixing mixing, SortedCoordinates.Rule rule, IReadOnlyList<int>? chosen = null) : IAggregation
{
    private const int BlockLength = 512;

    private readonly (int Low, int High)[] _network = SortingNetwork.Comparators(mixing.Count);

    /// <param name="sorted">[vector, coordinate], ascending along the vectors.</param>
    /// <param name="count">Number of vectors.</param>
    /// <param name="combined">Receives one value for each coordinate.</param>
    public delegate void Rule(ReadOnlySpan<float> sorted, int count, Span<float> combined);

    public IReadOnlyList<int>? Chosen => chosen;

    public void Combine(IReadOnlyList<ReadOnlyMemory<float>> slices, Span<float> combined)
    {
        var length = UpdateSlices.CommonLength(slices, mixing.Updates);
        ArgumentOutOfRangeException.ThrowIfNotEqual(combined.Length, length);
        var rows = ArrayPool<float>.Shared.Rent(mixing.Count * BlockLength);
        for (var start = 0; start < length; start += BlockLength)
        {
            var size = Math.Min(BlockLength, length - start);
            var block = rows.AsSpan(0, mixing.Count * size);   // [vector, coordinate]
            Mix(slices, start, block, size);
            SortingNetwork.Sort(_network, block, size);
            rule(block, mixing.Count, combined.Slice(start, size));
        }

        ArrayPool<float>.Shared.Return(rows);
        UpdateSlices.RequireFinite(combined);
    }

    private void Mix(IReadOnlyList<ReadOnlyMemory<float>> slices, int start, Span<float> block, int size)
    {
        Span<double> sum = stackalloc double[size];
        for (var i = 0; i < mixing.Count; i++)
        {
            UpdateSlices.Combine(mixing.Row(i), slices, start, sum);
            TensorPrimitives.ConvertTruncating<double, float>(sum, block.Slice(i * size, size));
        }

        if (!TensorPrimitives.IsFiniteAll<float>(block))
        {
            foreach (ref var value in block)
            {
                value = float.IsNaN(value) ? float.PositiveInfinity : value;
            }
        }
    }
}
