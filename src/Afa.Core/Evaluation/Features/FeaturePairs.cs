using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Evaluation.Features;

/// <summary>Alignment and uniformity of features: Wang and Isola 2020 (arXiv:2005.10242), section 4.1.</summary>
/// <remarks>
/// Positive pairs are there two views of one image; here they are two images of one class, as in the supervised contrastive loss, and
/// separately an image before and after an attack. Expectations are means over pairs, each unordered pair of different rows counted once.
/// </remarks>
public static class FeaturePairs
{
    /// <summary>Rows that are compared with all others at a time: at 5,000 rows a block takes 10 MB.</summary>
    private const int BlockRows = 256;

    /// <summary>E ‖z_x − z_y‖^α over all pairs of one class.</summary>
    /// <param name="features">Feature vectors of unit length, [sample, dim], float64; at least two.</param>
    /// <param name="labels">Class of each row, [sample], int64.</param>
    /// <param name="alpha">α, greater than 0 (the paper uses 2).</param>
    /// <returns>0 if each class has one direction; NaN if no two rows share a class.</returns>
    public static double ClassAlignment(Tensor features, Tensor labels, double alpha = 2)
    {
        Require.Shape(labels, nameof(labels), "sample");
        Require.SameBatch(labels, nameof(labels), features, nameof(features));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(alpha);
        var (sum, pairs) = Sum(
            features,
            distances => distances.pow(alpha / 2),
            (first, count) => labels.narrow(0, first, count).unsqueeze(1).eq(labels.narrow(0, first, labels.shape[0] - first).unsqueeze(0)));
        return sum / pairs;
    }

    /// <summary>E ‖z_x − z_y‖^α over given pairs.</summary>
    /// <param name="features">Feature vectors of unit length, [sample, dim].</param>
    /// <param name="partners">The other one of each pair, same shape.</param>
    /// <param name="alpha">α, greater than 0.</param>
    public static double Alignment(Tensor features, Tensor partners, double alpha = 2)
    {
        Require.Shape(features, nameof(features), "sample", "dim");
        Require.SameShape(partners, nameof(partners), features, nameof(features));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(alpha);
        using var scope = NewDisposeScope();
        return (features - partners).square().sum(1).pow(alpha / 2).mean().to(ScalarType.Float64).item<double>();
    }

    /// <summary>log E exp(−t ‖z_x − z_y‖²) over all pairs.</summary>
    /// <param name="features">Feature vectors of unit length, [sample, dim], float64; at least two.</param>
    /// <param name="t">Greater than 0 (the paper uses 2).</param>
    /// <returns>From −4 t (two opposite points) to 0 (all in one direction).</returns>
    public static double Uniformity(Tensor features, double t = 2)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(t);
        var (sum, pairs) = Sum(features, distances => (-t * distances).exp(), counted: null);
        return Math.Log(sum / pairs);
    }

    /// <summary>Sums a function over the pairs that count, block by block: each block's rows against its first row and all later ones.</summary>
    /// <param name="value">Of squared distances, element by element.</param>
    /// <param name="counted">Which pairs count, [block, rest], from the block's first row and number of rows; null: all.</param>
    private static (double Sum, double Pairs) Sum(Tensor features, Func<Tensor, Tensor> value, Func<long, long, Tensor>? counted)
    {
        Require.Shape(features, nameof(features), "sample", "dim");
        var rows = features.shape[0];
        if (rows < 2)
        {
            throw new ArgumentException($"features must hold at least 2 rows, as one has nothing to be compared with, not {rows}.", nameof(features));
        }

        var (sum, pairs) = (0.0, 0.0);
        for (var first = 0L; first < rows; first += BlockRows)
        {
            using var scope = NewDisposeScope();
            var block = features.narrow(0, first, Math.Min(BlockRows, rows - first));
            var rest = features.narrow(0, first, rows - first);
            var lengths = rest.square().sum(1);
            var distances = (lengths.narrow(0, 0, block.shape[0]).unsqueeze(1) + lengths.unsqueeze(0) - 2 * block.matmul(rest.t())).clamp_(min: 0);   // [block, rest]
            var isPair = ones_like(distances).triu(1).to(ScalarType.Bool);   // Each pair once, and no row with itself.
            if (counted is not null)
            {
                isPair = isPair.logical_and(counted(first, block.shape[0]));
            }

            sum += value(distances).masked_fill(isPair.logical_not(), 0).sum().item<double>();
            pairs += isPair.sum().item<long>();
        }

        return (sum, pairs);
    }
}
