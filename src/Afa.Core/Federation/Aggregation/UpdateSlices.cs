using System.Numerics.Tensors;

namespace Afa.Federation.Aggregation;

/// <summary>The same coordinates of each update.</summary>
internal static class UpdateSlices
{
    /// <summary>Returns how many coordinates they have.</summary>
    /// <exception cref="ArgumentException">There are more or fewer slices than updates, or they differ in length.</exception>
    public static int CommonLength(IReadOnlyList<ReadOnlyMemory<float>> slices, int updates)
    {
        if (slices.Count != updates)
        {
            throw new ArgumentException($"slices must hold one slice for each of {updates} updates, not {slices.Count}.", nameof(slices));
        }

        for (var i = 1; i < slices.Count; i++)
        {
            if (slices[i].Length != slices[0].Length)
            {
                throw new ArgumentException($"All slices must hold the same coordinates: slice {i} has {slices[i].Length} values, but slice 0 has {slices[0].Length}.", nameof(slices));
            }
        }

        return slices[0].Length;
    }

    /// <summary>Σ cᵢ xᵢ for some consecutive coordinates, in float64.</summary>
    /// <param name="coefficients">cᵢ, one for each slice. A slice with coefficient 0 is not read, so its values need not be finite.</param>
    /// <param name="start">First coordinate.</param>
    /// <param name="sum">Receives the sum; its length is the number of coordinates.</param>
    public static void Combine(ReadOnlySpan<double> coefficients, IReadOnlyList<ReadOnlyMemory<float>> slices, int start, Span<double> sum)
    {
        Span<double> values = stackalloc double[sum.Length];
        sum.Clear();
        for (var i = 0; i < coefficients.Length; i++)
        {
            if (coefficients[i] != 0)
            {
                TensorPrimitives.ConvertTruncating(slices[i].Span.Slice(start, sum.Length), values);
                TensorPrimitives.MultiplyAdd(values, coefficients[i], sum, sum);
            }
        }
    }

    /// <exception cref="InvalidDataException">A value of the aggregate is not finite.</exception>
    public static void RequireFinite(ReadOnlySpan<float> combined)
    {
        if (!AggregationRules.IsFinite(combined))
        {
            throw new InvalidDataException("The aggregate is not finite: more updates than the rule withstands have values that are infinite, not a number, or too large. Leave them out.");
        }
    }
}
