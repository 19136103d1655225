using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Losses;

/// <summary>How far the best wrong class is ahead: f₆ of Carlini and Wagner 2017 (arXiv:1608.04644), section V-A, without its bound. Greater is worse for the network.</summary>
public static class MarginLoss
{
    /// <summary>Computes max_{i≠y} z_i − z_y for each sample.</summary>
    /// <param name="logits">[batch, class], of at least 2 classes.</param>
    /// <param name="labels">[batch], int64.</param>
    /// <returns>[batch]; above 0 where another class is ahead. The caller owns it.</returns>
    /// <remarks>The clamp of an attack, which stops at misclassified samples, is left to the caller: clamp(max: 0).</remarks>
    /// <exception cref="ArgumentException">A shape does not fit, or there is one class only.</exception>
    public static Tensor PerSample(Tensor logits, Tensor labels)
    {
        Require.Shape(logits, nameof(logits), "batch", "class");
        Require.Shape(labels, nameof(labels), "batch");
        Require.SameBatch(labels, nameof(labels), logits, nameof(logits));
        if (logits.shape[1] < 2)
        {
            throw new ArgumentException($"logits must have at least 2 classes, not {logits.shape[1]}.", nameof(logits));
        }

        using var scope = NewDisposeScope();
        var truth = labels.unsqueeze(1);
        var others = logits.scatter(1, truth, full_like(truth, double.NegativeInfinity, logits.dtype));
        return (others.amax([1], keepdim: true) - logits.gather(1, truth)).squeeze(1).MoveToOuterDisposeScope();
    }
}
