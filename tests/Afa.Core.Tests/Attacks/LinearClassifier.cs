using Afa.Models;
using static TorchSharp.torch;

namespace Afa.Tests.Attacks;

/// <summary>A model whose boundaries are known: the logits are W x + b, and the features are the pixels.</summary>
/// <param name="weights">[class, pixel]; taken over.</param>
/// <param name="offsets">[class]; taken over.</param>
/// <param name="change">What becomes of the logits, for models that something is wrong with.</param>
internal sealed class LinearClassifier(Tensor weights, Tensor offsets, Func<Tensor, Tensor>? change = null) : ImageClassifier("linear", new ModelOptions())
{
    public override int FeatureDimension => (int)weights.shape[1];

    public override string HeadName => "none";

    /// <summary>Random weights for images of a size.</summary>
    public static LinearClassifier Random(int classes, int pixels, ulong seed, Func<Tensor, Tensor>? change = null)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(seed);
        return new LinearClassifier(
            randn([classes, pixels], ScalarType.Float64, generator: generator).DetachFromDisposeScope(), randn([classes], ScalarType.Float64, generator: generator).DetachFromDisposeScope(), change);
    }

    public override Tensor Features(Tensor images) => images.flatten(1);

    // Row by row, so that rounding does not depend on the batch as that of a matrix product does.
    protected override Tensor Head(Tensor features)
    {
        using var scope = NewDisposeScope();
        var logits = (features.unsqueeze(1) * weights.to(features.dtype)).sum(2) + offsets.to(features.dtype);
        return (change?.Invoke(logits) ?? logits).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        weights.Dispose();
        offsets.Dispose();
        base.Dispose(disposing);
    }
}
