using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Pre-activation ResNet-18 of He et al. 2016 (arXiv:1603.05027) for small images.</summary>
/// <remarks>State dictionary and computation as in RobustBench's <c>resnet.PreActResNet18</c>, which has no normalization or ReLU after the last block.</remarks>
public sealed class PreActResNet18 : ImageClassifier
{
    private readonly PixelNormalization? _normalization;
    [ComponentName(Name = "conv1")] private readonly Conv2d _conv1;
    [ComponentName(Name = "layer1")] private readonly Sequential _layer1;
    [ComponentName(Name = "layer2")] private readonly Sequential _layer2;
    [ComponentName(Name = "layer3")] private readonly Sequential _layer3;
    [ComponentName(Name = "layer4")] private readonly Sequential _layer4;
    [ComponentName(Name = "linear")] private readonly Linear _linear;

    internal PreActResNet18(ModelOptions options) : base(nameof(PreActResNet18), options)
    {
        int[] widths = [options.Scale(64), options.Scale(128), options.Scale(256), options.Scale(512)];
        FeatureDimension = widths[3];

        _normalization = PixelNormalization.Create(options);
        _conv1 = Conv2d(options.Channels, widths[0], 3, padding: 1, bias: false);
        _layer1 = Stage(widths[0], widths[0], stride: 1);
        _layer2 = Stage(widths[0], widths[1], stride: 2);
        _layer3 = Stage(widths[1], widths[2], stride: 2);
        _layer4 = Stage(widths[2], widths[3], stride: 2);
        _linear = Linear(FeatureDimension, options.Classes);
        RegisterComponents();

        Sequential Stage(int inputs, int outputs, int stride) => Sequential(
            new PreActBlock(inputs, outputs, stride, options.NormalizationLayer),
            new PreActBlock(outputs, outputs, 1, options.NormalizationLayer));
    }

    /// <inheritdoc/>
    public override int FeatureDimension { get; }

    /// <inheritdoc/>
    public override string HeadName => "linear";

    /// <inheritdoc/>
    public override Tensor Features(Tensor images)
    {
        using var scope = NewDisposeScope();

        var x = ChannelsLast.Of(images);
        x = _normalization?.call(x) ?? x;
        x = ImageConvolution.Apply(x, _conv1.weight, null);
        x = _layer1.call(x);
        x = _layer2.call(x);
        x = _layer3.call(x);
        x = _layer4.call(x);                                    // [batch, 512, height / 8, width / 8]
        return x.mean([2, 3]).MoveToOuterDisposeScope();        // [batch, 512]
    }

    /// <inheritdoc/>
    protected override Tensor Head(Tensor features) => _linear.call(features);
}
