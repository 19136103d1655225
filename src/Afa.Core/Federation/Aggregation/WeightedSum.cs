using System.Numerics.Tensors;

namespace Afa.Federation.Aggregation;

/// <summary>Σ cᵢ xᵢ: what every rule comes to that looks at whole updates.</summary>
/// <param name="coefficients">cᵢ of each update. An update with coefficient 0 is never read.</param>
/// <param name="chosen">See <see cref="IAggregation.Chosen"/>.</param>
internal sealed class WeightedSum(double[] coefficients, IReadOnlyList<int>? chosen = null) : IAggregation
{
    private const int BlockLength = 512;

    public IReadOnlyList<int>? Chosen => chosen;

    public void Combine(IReadOnlyList<ReadOnlyMemory<float>> slices, Span<float> combined)
    {
        var length = UpdateSlices.CommonLength(slices, coefficients.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(combined.Length, length);
        Span<double> sum = stackalloc double[BlockLength];
        for (var start = 0; start < length; start += BlockLength)
        {
            var block = sum[..Math.Min(BlockLength, length - start)];
            UpdateSlices.Combine(coefficients, slices, start, block);
            TensorPrimitives.ConvertTruncating<double, float>(block, combined.Slice(start, block.Length));
        }

        UpdateSlices.RequireFinite(combined);
    }
}
