using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>WideResNet of Zagoruyko and Komodakis 2016 (arXiv:1605.07146), for instance WRN-28-10 and WRN-34-10.</summary>
/// <remarks>
/// State dictionary and computation as in RobustBench's <c>wide_resnet.WideResNet</c>, which is that of TRADES. The width factor does not
/// apply to the 16 channels of the first convolution.
/// </remarks>
public sealed class WideResNet : ImageClassifier
{
    private readonly PixelNormalization? _normalization;
    [ComponentName(Name = "conv1")] private readonly Conv2d _conv1;
    [ComponentName(Name = "block1")] private readonly WideStage _block1;
    [ComponentName(Name = "block2")] private readonly WideStage _block2;
    [ComponentName(Name = "block3")] private readonly WideStage _block3;
    [ComponentName(Name = "bn1")] private readonly Module<Tensor, Tensor> _norm1;
    [ComponentName(Name = "fc")] private readonly Linear _fc;

    internal WideResNet(ModelOptions options) : base(nameof(WideResNet), options)
    {
        const int Stem = 16;
        int[] widths = [options.Scale(16), options.Scale(32), options.Scale(64)];
        var blocks = (options.Depth - 4) / 6;
        FeatureDimension = widths[2];

        _normalization = PixelNormalization.Create(options);
        _conv1 = Conv2d(options.Channels, Stem, 3, padding: 1, bias: false);
        _block1 = new WideStage(blocks, Stem, widths[0], 1, options.NormalizationLayer);
        _block2 = new WideStage(blocks, widths[0], widths[1], 2, options.NormalizationLayer);
        _block3 = new WideStage(blocks, widths[1], widths[2], 2, options.NormalizationLayer);
        _norm1 = ConvolutionNorm.Create(options.NormalizationLayer, widths[2]);
        _fc = Linear(FeatureDimension, options.Classes);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override int FeatureDimension { get; }

    /// <inheritdoc/>
    public override string HeadName => "fc";

    /// <inheritdoc/>
    public override Tensor Features(Tensor images)
    {
        using var scope = NewDisposeScope();

        var x = ChannelsLast.Of(images);
        x = _normalization?.call(x) ?? x;
        x = ImageConvolution.Apply(x, _conv1.weight, null);
        x = _block1.call(x);
        x = _block2.call(x);
        x = _block3.call(x);
        x = _norm1.call(x).relu_();                             // [batch, 640, height / 4, width / 4]
        return x.mean([2, 3]).MoveToOuterDisposeScope();        // [batch, 640]
    }

    /// <inheritdoc/>
    protected override Tensor Head(Tensor features) => _fc.call(features);
}
