using Afa.Compute;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Losses;

/// <summary>Loss of MART: Wang et al. 2020 ("Improving Adversarial Robustness Requires Revisiting Misclassified Examples", ICLR), equation 11, as in the authors' code.</summary>
public static class MartLoss
{
    /// <summary>
    /// Computes Σ −log p_y(x') − log(1 − max_{k≠y} p_k(x')) + λ KL(p(x) ‖ p(x')) (1 − p_y(x)), divided by a number of images: a boosted
    /// cross-entropy of the adversarial images, and a divergence that counts the more the worse the clean image is recognized.
    /// </summary>
    /// <param name="cleanLogits">[batch, class], of at least 2 classes. The gradient flows through every place where it stands, as in the authors' code.</param>
    /// <param name="adversarialLogits">[batch, class].</param>
    /// <param name="labels">[batch], int64.</param>
    /// <param name="beta">λ of the paper, called β in its code, at least 0; the code uses 6 unless told otherwise.</param>
    /// <param name="divisor">Images of the global batch; the batch's own rows if it is not shared.</param>
    /// <returns>A scalar in nats. The caller owns it.</returns>
    /// <remarks>
    /// The constants that keep logarithms finite are those of the authors' code, so the boosted term is at most log 10⁴ for one image. The
    /// clean entropy is taken from log-softmax, where the code's p log p loses its gradient for a probability that rounds to 0.
    /// </remarks>
    /// <exception cref="ArgumentException">A shape does not fit, or there is one class only.</exception>
    public static Tensor Compute(Tensor cleanLogits, Tensor adversarialLogits, Tensor labels, double beta, long divisor)
    {
        Require.Shape(cleanLogits, nameof(cleanLogits), "batch", "class");
        Require.SameShape(adversarialLogits, nameof(adversarialLogits), cleanLogits, nameof(cleanLogits));
        Require.SameBatch(labels, nameof(labels), cleanLogits, nameof(cleanLogits));
        if (cleanLogits.shape[1] < 2)
        {
            throw new ArgumentException($"cleanLogits must have at least 2 classes, not {cleanLogits.shape[1]}.", nameof(cleanLogits));
        }

        using var scope = NewDisposeScope();
        var adversarial = adversarialLogits.softmax(1);                                              // [batch, class]
        var likeliest = adversarial.topk(2, 1).indexes;
        var rival = where(likeliest.select(1, 0).eq(labels), likeliest.select(1, 1), likeliest.select(1, 0));
        var crossEntropy = functional.cross_entropy(adversarialLogits, labels, reduction: Reduction.Sum);
        var margin = (1.0001 - Of(adversarial, rival) + 1e-12).log().neg().sum();

        var logClean = cleanLogits.log_softmax(1);
        var clean = logClean.exp();
        var divergence = (clean * (logClean - (adversarial + 1e-12).log())).sum(1);                  // [batch]
        var weighted = (divergence * (1.0000001 - Of(clean, labels))).sum();
        return ((crossEntropy + margin + beta * weighted) / divisor).MoveToOuterDisposeScope();
    }

    private static Tensor Of(Tensor probabilities, Tensor classes) => probabilities.gather(1, classes.unsqueeze(1)).squeeze(1);
}
