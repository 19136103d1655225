using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Losses;

/// <summary>The margin of Carlini and Wagner 2017 (arXiv:1608.04644), section V.A, as what an attack raises: max_{i≠y} z_i − z_y. Greater is worse for the network.</summary>
/// <remarks>
/// Not clamped at 0, unlike f6 of the paper and the CWLoss of DM-Improves-AT, −Σ max(z_y − max_{i≠y} z_i, 0): the gradient goes on where an
/// image is misclassified already, so that an attack's later steps cannot fall back over the boundary. Where the label is ahead, the sum of
/// both is the same, and so is its gradient.
/// </remarks>
public static class MarginLoss
{
    /// <summary>Computes the margin of each sample.</summary>
    /// <param name="logits">[batch, class], of at least 2 classes.</param>
    /// <param name="labels">[batch], int64.</param>
    /// <returns>[batch]; above 0 where another class is ahead. The caller owns it.</returns>
    /// <exception cref="ArgumentException">A shape does not fit, or there is one class only.</exception>
    public static Tensor Compute(Tensor logits, Tensor labels)
    {
        Require.Shape(logits, nameof(logits), "batch", "class");
        Require.Shape(labels, nameof(labels), "batch");
        Require.SameBatch(labels, nameof(labels), logits, nameof(logits));
        if (logits.shape[1] < 2)
        {
            throw new ArgumentException($"logits must have at least 2 classes for a margin, not {logits.shape[1]}.", nameof(logits));
        }

        using var scope = NewDisposeScope();
        var truth = labels.unsqueeze(1);   // [batch, 1]
        var others = logits.scatter(1, truth, full_like(truth, double.NegativeInfinity, logits.dtype));
        return (others.max(1).values - logits.gather(1, truth).squeeze(1)).MoveToOuterDisposeScope();
    }
}
