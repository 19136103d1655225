using System.Runtime.InteropServices;
using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Evaluation.Features;

/// <summary>The plane through the mean of features in which they vary most: the first two principal components (Pearson 1901).</summary>
/// <remarks>
/// By a singular value decomposition of the centered features. The sign of a component is free; here its entry of the largest size, the first of
/// several, is positive, so that the same features give the same picture.
/// </remarks>
public sealed class PrincipalPlane
{
    private const int Axes = 2;

    private readonly double[] _mean;
    private readonly double[] _axes;   // [axis, dim]

    private PrincipalPlane(double[] mean, double[] axes, double[] explained)
    {
        _mean = mean;
        _axes = axes;
        Explained = explained;
    }

    /// <summary>Share of the features' variance along each of the two axes, in [0, 1].</summary>
    public IReadOnlyList<double> Explained { get; }

    /// <summary>Finds the plane.</summary>
    /// <param name="features">[sample, dim], float64; at least two of each.</param>
    public static PrincipalPlane Fit(Tensor features)
    {
        Require.Shape(features, nameof(features), "sample", "dim");
        if (features.shape.Min() < Axes)
        {
            throw new ArgumentException($"features must have at least 2 rows and 2 columns for a plane, not [{string.Join(", ", features.shape)}].", nameof(features));
        }

        using var scope = NewDisposeScope();
        var mean = features.mean([0]);
        var (_, values, components) = linalg.svd(features - mean, fullMatrices: false);   // Components are rows, the largest first.
        var axes = Doubles(components.narrow(0, 0, Axes));
        foreach (var axis in Enumerable.Range(0, Axes))
        {
            Orient(axes.AsSpan(axis * (int)features.shape[1], (int)features.shape[1]));
        }

        var variances = Doubles(values.square());
        var total = variances.Sum();
        return new PrincipalPlane(Doubles(mean), axes, [.. variances.Take(Axes).Select(variance => total > 0 ? variance / total : 0)]);
    }

    /// <summary>Coordinates of features in the plane.</summary>
    /// <param name="features">[sample, dim], float64, with as many columns as the fitted ones; need not be these.</param>
    /// <returns>[sample, 2]. The caller owns it.</returns>
    public Tensor Project(Tensor features)
    {
        Require.Shape(features, nameof(features), "sample", "dim");
        using var scope = NewDisposeScope();
        return (features - tensor(_mean, device: features.device)).matmul(tensor(_axes, device: features.device).reshape(Axes, _mean.Length).t()).MoveToOuterDisposeScope();
    }

    private static void Orient(Span<double> axis)
    {
        var largest = 0;
        for (var i = 1; i < axis.Length; i++)
        {
            largest = Math.Abs(axis[i]) > Math.Abs(axis[largest]) ? i : largest;
        }

        if (axis[largest] < 0)
        {
            foreach (ref var entry in axis)
            {
                entry = -entry;
            }
        }
    }

    private static double[] Doubles(Tensor values)
    {
        using var scope = NewDisposeScope();
        return MemoryMarshal.Cast<byte, double>(values.contiguous().bytes).ToArray();
    }
}
