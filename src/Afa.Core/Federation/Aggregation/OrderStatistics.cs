using System.Numerics.Tensors;

namespace Afa.Federation.Aggregation;

/// <summary>What the coordinate-wise rules make of sorted values, [vector, coordinate].</summary>
internal static class OrderStatistics
{
    /// <summary>The middle value, or the mean of the two middle ones.</summary>
    public static void Median(ReadOnlySpan<float> sorted, int count, Span<float> combined)
    {
        var low = sorted.Slice((count - 1) / 2 * combined.Length, combined.Length);
        if (count % 2 == 1)
        {
            low.CopyTo(combined);
            return;
        }

        // Halved before the sum, which might else overflow.
        TensorPrimitives.Multiply(low, 0.5f, combined);
        TensorPrimitives.MultiplyAdd(sorted.Slice(count / 2 * combined.Length, combined.Length), 0.5f, combined, combined);
    }

    /// <summary>The mean of all but the smallest and the largest values, summed in float64.</summary>
    /// <param name="trimmed">How many are left out at each end.</param>
    public static void TrimmedMean(ReadOnlySpan<float> sorted, int count, int trimmed, Span<float> combined)
    {
        Span<double> sum = stackalloc double[combined.Length];
        Span<double> values = stackalloc double[combined.Length];
        sum.Clear();
        for (var i = trimmed; i < count - trimmed; i++)
        {
            TensorPrimitives.ConvertTruncating(sorted.Slice(i * combined.Length, combined.Length), values);
            TensorPrimitives.Add<double>(sum, values, sum);
        }

        TensorPrimitives.Divide(sum, count - (2 * trimmed), sum);
        TensorPrimitives.ConvertTruncating<double, float>(sum, combined);
    }

    /// <summary>The mean of the values nearest to the median, summed in float64.</summary>
    /// <param name="kept">How many values.</param>
    /// <remarks>Of two values as far from the median the smaller one is kept.</remarks>
    public static void MeanAroundMedian(ReadOnlySpan<float> sorted, int count, int kept, Span<float> combined)
    {
        var columns = combined.Length;
        for (var column = 0; column < columns; column++)
        {
            // The nearest ones stand together in sorted order: ends fall away until enough are left.
            var median = (0.5 * sorted[((count - 1) / 2 * columns) + column]) + (0.5 * sorted[(count / 2 * columns) + column]);
            var (first, last) = (0, count - 1);
            while (last - first >= kept)
            {
                var isFirstFarther = median - sorted[(first * columns) + column] > sorted[(last * columns) + column] - median;
                (first, last) = isFirstFarther ? (first + 1, last) : (first, last - 1);
            }

            var sum = 0.0;
            for (var i = first; i <= last; i++)
            {
                sum += sorted[(i * columns) + column];
            }

            combined[column] = (float)(sum / kept);
        }
    }
}
