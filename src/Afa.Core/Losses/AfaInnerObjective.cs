using Afa.Compute;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Losses;

/// <summary>
/// What the attack of AFA maximizes: the loss of adversarial anchors against the clean features of the whole global batch,
/// which stay fixed. Each anchor's term depends on its own image only, so the attack is local once the clean features are gathered.
/// </summary>
public sealed class AfaInnerObjective : IDisposable
{
    private readonly Tensor _contrast;
    private readonly Tensor _positives;
    private readonly double _temperature;

    /// <param name="clean">Clean features of the global batch, [contrast, dim]; not normalized.</param>
    /// <param name="cleanLabels">[contrast], int64.</param>
    /// <param name="anchorLabels">Labels of the images under attack, [batch], int64.</param>
    /// <param name="temperature">τ.</param>
    public AfaInnerObjective(Tensor clean, Tensor cleanLabels, Tensor anchorLabels, double temperature)
    {
        Require.Shape(clean, nameof(clean), "contrast", "dim");
        Require.SameBatch(cleanLabels, nameof(cleanLabels), clean, nameof(clean));

        using var scope = NewDisposeScope();
        _contrast = functional.normalize(clean.detach()).DetachFromDisposeScope();
        _positives = anchorLabels.unsqueeze(1).eq(cleanLabels.unsqueeze(0)).DetachFromDisposeScope();
        _temperature = temperature;
    }

    /// <summary>Sums the loss over the images under attack.</summary>
    /// <param name="features">Their present features, [batch, dim]; not normalized.</param>
    /// <returns>A scalar. The caller owns it.</returns>
    public Tensor Sum(Tensor features)
    {
        using var scope = NewDisposeScope();
        return SupervisedContrastiveLoss.PerAnchor(functional.normalize(features), _contrast, _positives, self: null, _temperature)
            .sum().MoveToOuterDisposeScope();
    }

    /// <summary>Counts images whose nearest clean feature, their own left out, has their class: how well features are aligned.</summary>
    /// <param name="features">Features of the images, [batch, dim]; not normalized.</param>
    /// <param name="firstOwnRow">Row of the clean features at which those of these images start.</param>
    public long CountMatches(Tensor features, long firstOwnRow)
    {
        using var scope = NewDisposeScope();
        var similarity = functional.normalize(features.detach()).matmul(_contrast.t());       // [batch, contrast]
        var own = arange(firstOwnRow, firstOwnRow + features.shape[0], device: similarity.device).unsqueeze(1);
        similarity.scatter_(1, own, full_like(own, double.NegativeInfinity, similarity.dtype));
        var nearest = similarity.argmax(1, keepdim: true);
        return _positives.gather(1, nearest).sum().item<long>();
    }

    public void Dispose()
    {
        _contrast.Dispose();
        _positives.Dispose();
    }
}
