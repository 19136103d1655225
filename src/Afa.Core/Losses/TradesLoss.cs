using Afa.Compute;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Losses;

/// <summary>Loss of TRADES: Zhang et al. 2019 (arXiv:1901.08573), equation 5, as in the authors' code.</summary>
public static class TradesLoss
{
    /// <summary>Computes Σ CE(h(x), y) + β Σ KL(softmax h(x) ‖ softmax h(x')), divided by a number of images.</summary>
    /// <param name="cleanLogits">[batch, class].</param>
    /// <param name="adversarialLogits">[batch, class].</param>
    /// <param name="labels">[batch], int64.</param>
    /// <param name="beta">β, at least 0; the paper's CIFAR-10 runs use 6.</param>
    /// <param name="labelSmoothing">Share of the label spread over all classes, [0, 1).</param>
    /// <param name="divisor">Images of the global batch; the batch's own rows if it is not shared.</param>
    /// <param name="target">Whether the gradient flows through the clean logits of the divergence too.</param>
    /// <returns>A scalar in nats. The caller owns it.</returns>
    public static Tensor Compute(
        Tensor cleanLogits, Tensor adversarialLogits, Tensor labels, double beta, double labelSmoothing, long divisor, TradesTarget target = TradesTarget.Attached)
    {
        using var scope = NewDisposeScope();
        var crossEntropy = functional.cross_entropy(cleanLogits, labels, reduction: Reduction.Sum, label_smoothing: labelSmoothing);
        var divergence = KlDivergence(target == TradesTarget.Detached ? cleanLogits.detach() : cleanLogits, adversarialLogits);
        return ((crossEntropy + beta * divergence) / divisor).MoveToOuterDisposeScope();
    }

    /// <summary>Sums KL(softmax clean ‖ softmax adversarial) over the batch: also what the attack of TRADES maximizes.</summary>
    /// <param name="cleanLogits">[batch, class].</param>
    /// <param name="adversarialLogits">[batch, class].</param>
    /// <returns>A scalar in nats. The caller owns it.</returns>
    public static Tensor KlDivergence(Tensor cleanLogits, Tensor adversarialLogits)
    {
        Require.Shape(cleanLogits, nameof(cleanLogits), "batch", "class");
        Require.SameShape(adversarialLogits, nameof(adversarialLogits), cleanLogits, nameof(cleanLogits));

        using var scope = NewDisposeScope();
        return functional.kl_div(adversarialLogits.log_softmax(1), cleanLogits.log_softmax(1), log_target: true, reduction: Reduction.Sum)
            .MoveToOuterDisposeScope();
    }
}
