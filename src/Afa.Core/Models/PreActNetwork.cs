using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>
/// A network of pre-activation blocks: a 3x3 convolution, stages of blocks, a last normalization and activation where the published network has them,
/// the mean over the pixels and a linear layer. <see cref="PreActResNet"/> and <see cref="WideResNet"/> say which networks there are.
/// </summary>
public sealed class PreActNetwork : ImageClassifier
{
    private readonly Convolution _stem;
    private readonly IReadOnlyList<PreActBlock> _blocks;
    private readonly Module<Tensor, Tensor>? _norm;
    private readonly LinearLayer _head;

    internal PreActNetwork(ModelOptions options, PreActNetworkLayout layout) : base(nameof(PreActNetwork), options)
    {
        (FeatureDimension, HeadName) = (layout.Stages[^1].Outputs, layout.Head);
        _stem = ModulePath.Register(this, layout.Stem, Layers.Convolution(options.Channels, layout.StemChannels, 3));
        _blocks = ResidualStage.Build(layout.Stages, layout.StemChannels, (place, inputs, outputs, stride) =>
            ModulePath.Register(this, layout.BlockName(place.Stage, place.Block), new PreActBlock(Layers, layout.Block, inputs, outputs, stride)));
        _norm = layout.FinalNorm is { } name ? ModulePath.Register(this, name, Layers.Norm(FeatureDimension)) : null;
        _head = ModulePath.Register(this, HeadName, Layers.Linear(FeatureDimension, options.Classes));
    }

    /// <inheritdoc/>
    public override int FeatureDimension { get; }

    /// <inheritdoc/>
    public override string HeadName { get; }

    /// <inheritdoc/>
    public override Tensor Features(Tensor images)
    {
        using var scope = NewDisposeScope();

        var x = _stem.call(Prepare(images));
        foreach (var block in _blocks)
        {
            x = block.call(x);
        }

        x = _norm is null ? x : Layers.Activate(_norm.call(x));
        return Pool(x, images).MoveToOuterDisposeScope();   // [batch, FeatureDimension]
    }

    /// <inheritdoc/>
    protected override Tensor Head(Tensor features) => _head.call(features);
}
