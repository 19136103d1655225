using Afa.Compute;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Losses;

/// <summary>
/// The AFA loss: a supervised contrastive loss whose anchors are adversarial. A reconstruction from the abstract and summaries
/// of Park et al. 2024 (arXiv:2402.12187), whose equations could not be read.
/// </summary>
/// <remarks>
/// L(θ; X, X') = 1/|I| Σ_a −1/|P(a)| Σ_{p∈P(a)} log( exp(z_a·z_p/τ) / Σ_{c∈A(a)} exp(z_a·z_c/τ) ), where z = f / ‖f‖₂, I are the
/// anchors, A(a) the contrast set without the anchor itself, and P(a) the members of A(a) with the anchor's class, which
/// include the clean image that an adversarial anchor was made from.
/// </remarks>
public static class AfaLoss
{
    /// <summary>Averages the loss over all anchors of the global batch: what the weights minimize.</summary>
    /// <param name="clean">Penultimate features of the clean images, [batch, dim]; not normalized.</param>
    /// <param name="adversarial">The same for their adversarial images, [batch, dim].</param>
    /// <param name="labels">[batch], int64.</param>
    /// <returns>A scalar in nats. The caller owns it.</returns>
    /// <exception cref="ArgumentException">A shape does not fit.</exception>
    public static Tensor Compute(Tensor clean, Tensor adversarial, Tensor labels, AfaLossOptions options)
    {
        Require.Shape(clean, nameof(clean), "batch", "dim");
        Require.SameShape(adversarial, nameof(adversarial), clean, nameof(clean));
        Require.Shape(labels, nameof(labels), "batch");
        Require.SameBatch(labels, nameof(labels), clean, nameof(clean));

        using var scope = NewDisposeScope();

        var batch = clean.shape[0];
        var zClean = functional.normalize(clean);
        var zAdversarial = functional.normalize(adversarial);
        var sameClass = labels.unsqueeze(1).eq(labels.unsqueeze(0));                          // [batch, batch]
        var same = eye(batch, dtype: ScalarType.Bool, device: clean.device);
        var none = zeros_like(same);

        var contrastIsBoth = options.Contrast == FeatureViews.Both;
        var contrast = contrastIsBoth ? cat([zClean, zAdversarial]) : zClean;
        var classInContrast = contrastIsBoth ? cat([sameClass, sameClass], 1) : sameClass;    // [batch, contrast]

        Tensor Term(Tensor anchors, Tensor self)
        {
            return SupervisedContrastiveLoss.PerAnchor(anchors, contrast, classInContrast.logical_and(self.logical_not()), self, options.Temperature);
        }

        var fromAdversarial = Term(zAdversarial, contrastIsBoth ? cat([none, same], 1) : none);
        if (options.Anchors == FeatureViews.Adversarial)
        {
            return fromAdversarial.mean().MoveToOuterDisposeScope();
        }

        var fromClean = Term(zClean, contrastIsBoth ? cat([same, none], 1) : same);
        return cat([fromClean, fromAdversarial]).mean().MoveToOuterDisposeScope();
    }
}
