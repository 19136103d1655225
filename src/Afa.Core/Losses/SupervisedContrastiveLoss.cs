using Afa.Compute;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Losses;

/// <summary>Supervised contrastive loss of Khosla et al. 2020 (arXiv:2004.11362), equation 2 ("out" form).</summary>
public static class SupervisedContrastiveLoss
{
    /// <summary>Averages equation 2 over a batch in which every view of every image is an anchor and all others are its contrast.</summary>
    /// <param name="features">One row for each view, in any order, [view, dim]; not normalized.</param>
    /// <param name="labels">Class of each row, [view], int64. The other views of an image have its class, so they are positives.</param>
    /// <param name="temperature">τ, greater than 0.</param>
    /// <returns>A scalar in nats. The caller owns it.</returns>
    /// <remarks>Equation 2 sums over anchors; the mean is taken here, as in the authors' code.</remarks>
    /// <exception cref="ArgumentException">A shape does not fit.</exception>
    public static Tensor Compute(Tensor features, Tensor labels, double temperature)
    {
        Require.Shape(features, nameof(features), "view", "dim");
        Require.Shape(labels, nameof(labels), "view");
        Require.SameBatch(labels, nameof(labels), features, nameof(features));

        using var scope = NewDisposeScope();
        var unit = functional.normalize(features);
        var self = eye(features.shape[0], dtype: ScalarType.Bool, device: features.device);
        var positives = labels.unsqueeze(1).eq(labels.unsqueeze(0)).logical_and(self.logical_not());
        return PerAnchor(unit, unit, positives, self, temperature).mean().MoveToOuterDisposeScope();
    }

    /// <summary>Computes the term of equation 2 for each anchor, over a contrast set that may differ from the anchors.</summary>
    /// <param name="anchors">Feature vectors of unit length, [anchor, dim].</param>
    /// <param name="contrast">Feature vectors of unit length, [contrast, dim].</param>
    /// <param name="positives">Which contrast rows have the anchor's class, the anchor itself left out; [anchor, contrast], bool.</param>
    /// <param name="self">Which contrast row is the anchor itself; [anchor, contrast], bool. Null: none is.</param>
    /// <param name="temperature">τ, greater than 0.</param>
    /// <returns>[anchor], in nats. The caller owns it.</returns>
    /// <remarks>An anchor without a positive gives 0, as in the authors' code. There is no τ / τ_base factor.</remarks>
    /// <exception cref="ArgumentException">A shape does not fit.</exception>
    public static Tensor PerAnchor(Tensor anchors, Tensor contrast, Tensor positives, Tensor? self, double temperature)
    {
        Require.Shape(anchors, nameof(anchors), "anchor", "dim");
        Require.Shape(contrast, nameof(contrast), "contrast", "dim");
        Require.Shape(positives, nameof(positives), "anchor", "contrast");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        if (anchors.shape[1] != contrast.shape[1])   // matmul would end the process, not throw.
        {
            throw new ArgumentException($"anchors and contrast must have the same dim, not {anchors.shape[1]} and {contrast.shape[1]}.", nameof(contrast));
        }

        using var scope = NewDisposeScope();

        var similarity = anchors.matmul(contrast.t()) / temperature;                        // [anchor, contrast]
        var others = self is null ? similarity : similarity.masked_fill(self, double.NegativeInfinity);
        var logDenominator = others.logsumexp(1);                                           // [anchor]
        var count = positives.sum(1).to(similarity.dtype);                                  // [anchor]
        var positiveMean = similarity.masked_fill(positives.logical_not(), 0).sum(1) / count.clamp(min: 1);

        // -1/|P| Σ_p (s_p − log Σ exp) = log Σ exp − mean s_p; the fill drops anchors with nothing to align to.
        return (logDenominator - positiveMean).masked_fill(count.eq(0), 0).MoveToOuterDisposeScope();
    }
}
