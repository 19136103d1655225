using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>ResNet-18, -34 and -50 of He et al. 2016 (arXiv:1512.03385) for small images: a 3x3 stem with stride 1 and no pooling after it.</summary>
/// <remarks>State dictionary as in RobustBench's <c>resnet.ResNet</c>. The last pooling is over all pixels, so any image size will do.</remarks>
public sealed class ResNet : ImageClassifier
{
    private readonly Convolution _stem;
    private readonly Module<Tensor, Tensor> _norm;
    private readonly IReadOnlyList<ResidualBlock> _blocks;
    private readonly LinearLayer _head;

    /// <param name="depth">18, 34 or 50; with 50, bottleneck blocks.</param>
    internal ResNet(ModelOptions options, int depth) : base($"ResNet{depth}", options)
    {
        var isBottleneck = depth == 50;
        var stages = ResidualStage.OfResNet(options, depth, isBottleneck ? 4 : 1);
        var stem = options.Scale(64);
        FeatureDimension = stages[^1].Outputs;

        _stem = ModulePath.Register(this, "conv1", Layers.Convolution(options.Channels, stem, 3));
        _norm = ModulePath.Register(this, "bn1", Layers.Norm(stem));
        _blocks = ResidualStage.Build(stages, stem, (place, inputs, outputs, stride) =>
            ModulePath.Register(this, $"layer{place.Stage + 1}.{place.Block}", new ResidualBlock(Layers, inputs, outputs, stride, isBottleneck)));
        _head = ModulePath.Register(this, HeadName, Layers.Linear(FeatureDimension, options.Classes));
    }

    /// <inheritdoc/>
    public override int FeatureDimension { get; }

    /// <inheritdoc/>
    public override string HeadName => "linear";

    /// <inheritdoc/>
    public override Tensor Features(Tensor images)
    {
        using var scope = NewDisposeScope();

        var x = Layers.Activate(ConvolutionNorm.Apply(_stem, _norm, Prepare(images)));
        foreach (var block in _blocks)
        {
            x = block.call(x);
        }

        return Pool(x, images).MoveToOuterDisposeScope();   // [batch, 512], or 2048 with bottlenecks
    }

    /// <inheritdoc/>
    protected override Tensor Head(Tensor features) => _head.call(features);
}
