using TorchSharp;
using static TorchSharp.torch;

namespace Afa.Models;

/// <summary>Four 3x3 convolutions, the second and fourth with stride 2, and two linear layers; ReLU between all. Meant for 1x28x28.</summary>
public sealed class SmallCnn : ImageClassifier
{
    private readonly Convolution _conv1;
    private readonly Convolution _conv2;
    private readonly Convolution _conv3;
    private readonly Convolution _conv4;
    private readonly LinearLayer _fc1;
    private readonly LinearLayer _fc2;

    internal SmallCnn(ModelOptions options) : base(nameof(SmallCnn), options)
    {
        var (narrow, wide) = (options.Scale(32), options.Scale(64));
        var quarter = ((options.Height + 3) / 4) * ((options.Width + 3) / 4);   // Pixels that two strides of 2 leave.
        FeatureDimension = options.Scale(128);

        _conv1 = Add("conv1", options.Channels, narrow, stride: 1);
        _conv2 = Add("conv2", narrow, narrow, stride: 2);
        _conv3 = Add("conv3", narrow, wide, stride: 1);
        _conv4 = Add("conv4", wide, wide, stride: 2);
        _fc1 = ModulePath.Register(this, "fc1", Layers.Linear(wide * quarter, FeatureDimension));
        _fc2 = ModulePath.Register(this, HeadName, Layers.Linear(FeatureDimension, options.Classes));

        Convolution Add(string convolution, int inputs, int outputs, int stride) =>
            ModulePath.Register(this, convolution, Layers.Convolution(inputs, outputs, 3, stride, hasBias: true));
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

        var x = Prepare(images);
        x = _conv1.call(x).relu_();              // [batch, 32, height, width]
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
        _fc1.Weight is { dtype: ScalarType.Float32, device_type: DeviceType.CPU } && Compute == ComputePrecision.Float32 ? new(Options, [_conv1, _conv2, _conv3, _conv4], _fc1, Logits, slots) : null;
}
