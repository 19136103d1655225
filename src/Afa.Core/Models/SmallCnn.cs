using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Four 3x3 convolutions, the second and fourth with stride 2, and two linear layers; ReLU between all. Meant for 1x28x28.</summary>
public sealed class SmallCnn : ImageClassifier
{
    private readonly PixelNormalization? _normalization;
    [ComponentName(Name = "conv1")] private readonly Conv2d _conv1;
    [ComponentName(Name = "conv2")] private readonly Conv2d _conv2;
    [ComponentName(Name = "conv3")] private readonly Conv2d _conv3;
    [ComponentName(Name = "conv4")] private readonly Conv2d _conv4;
    [ComponentName(Name = "fc1")] private readonly Linear _fc1;
    [ComponentName(Name = "fc2")] private readonly Linear _fc2;

    internal SmallCnn(ModelOptions options) : base(nameof(SmallCnn), options)
    {
        var (narrow, wide) = (options.Scale(32), options.Scale(64));
        var quarter = ((options.Height + 3) / 4) * ((options.Width + 3) / 4);   // Pixels that two strides of 2 leave.
        FeatureDimension = options.Scale(128);

        _normalization = PixelNormalization.Create(options);
        _conv1 = Conv2d(options.Channels, narrow, 3, padding: 1);
        _conv2 = Conv2d(narrow, narrow, 3, stride: 2, padding: 1);
        _conv3 = Conv2d(narrow, wide, 3, padding: 1);
        _conv4 = Conv2d(wide, wide, 3, stride: 2, padding: 1);
        _fc1 = Linear(wide * quarter, FeatureDimension);
        _fc2 = Linear(FeatureDimension, options.Classes);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override int FeatureDimension { get; }

    /// <inheritdoc/>
    public override string HeadName => "fc2";

    /// <inheritdoc/>
    /// <remarks>The features are those after fc1's ReLU, so none is negative.</remarks>
    public override Tensor Features(Tensor images)
    {
        using var scope = NewDisposeScope();

        var x = ChannelsLast.Of(images);
        x = _normalization?.call(x) ?? x;
        x = ImageConvolution.Apply(x, _conv1.weight, _conv1.bias).relu_();   // [batch, 32, height, width]
        x = _conv2.call(x).relu_();              // [batch, 32, height / 2, width / 2]
        x = _conv3.call(x).relu_();
        x = _conv4.call(x).relu_();              // [batch, 64, height / 4, width / 4]
        x = _fc1.call(x.flatten(1)).relu_();     // [batch, 128]
        return x.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override Tensor Head(Tensor features) => _fc2.call(features);

    /// <inheritdoc/>
    /// <remarks>It has one on the CPU in float32.</remarks>
    internal override LocalForward? CreateLocalForward(int slots) =>
        _fc1.weight is { dtype: ScalarType.Float32, device_type: DeviceType.CPU } ? new(Options, [_conv1, _conv2, _conv3, _conv4], _fc1, Logits, slots) : null;
}
