using System.Numerics.Tensors;

namespace Afa.Federation.Aggregation;

/// <summary>Batcher's odd-even merge sort: Knuth 1998, "The art of computer programming" vol. 3, section 5.2.2, algorithm M. A fixed list of comparisons sorts any values, hence many columns at a time.</summary>
internal static class SortingNetwork
{
    /// <summary>Returns the comparisons that sort so many values, in order: each puts the smaller value at the first place.</summary>
    public static (int Low, int High)[] Comparators(int count)
    {
        var comparators = new List<(int, int)>();
        for (var p = 1; p < count; p *= 2)
        {
            for (var k = p; k >= 1; k /= 2)
            {
                for (var j = k % p; j + k < count; j += 2 * k)
                {
                    for (var i = j; i < Math.Min(j + k, count - k); i++)
                    {
                        if (i / (2 * p) == (i + k) / (2 * p))
                        {
                            comparators.Add((i, i + k));
                        }
                    }
                }
            }
        }

        return [.. comparators];
    }

    /// <summary>Sorts each column.</summary>
    /// <param name="comparators">Of as many values as there are rows.</param>
    /// <param name="rows">[row, column]; no value is NaN. Ascending along the rows afterwards.</param>
    /// <param name="columns">Number of columns.</param>
    public static void Sort((int Low, int High)[] comparators, Span<float> rows, int columns)
    {
        Span<float> smaller = stackalloc float[columns];
        foreach (var (low, high) in comparators)
        {
            var first = rows.Slice(low * columns, columns);
            var second = rows.Slice(high * columns, columns);
            TensorPrimitives.Min<float>(first, second, smaller);
            TensorPrimitives.Max<float>(first, second, second);
            smaller.CopyTo(first);
        }
    }
}
