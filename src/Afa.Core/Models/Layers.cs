using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Makes the layers of one network as its options ask for.</summary>
internal sealed class Layers(ModelOptions options)
{
    /// <summary>Channels of a group of group norm, where they divide the layer's.</summary>
    private const int GroupChannels = 16;

    /// <summary>How the layers compute at present.</summary>
    public ForwardMode Mode { get; } = new();

    /// <summary>A convolution that keeps the size of its input, up to the stride.</summary>
    /// <param name="kernel">Side of the kernel, odd.</param>
    public static Convolution Convolution(int inputs, int outputs, int kernel, int stride = 1, ConvolutionPadding padding = ConvolutionPadding.Symmetric, bool hasBias = false) =>
        new(inputs, outputs, kernel, stride, padding, hasBias);

    /// <summary>The normalization of a layer with so many channels.</summary>
    public Module<Tensor, Tensor> Norm(int channels) => options.NormalizationLayer switch
    {
        NormalizationLayer.Batch => new BatchNormalization(channels, Mode, options.AuxiliaryNormalization),
        NormalizationLayer.Group => new GroupNormalization(channels % GroupChannels == 0 ? channels / GroupChannels : 1, channels),
        _ => throw new InvalidOperationException($"Unknown normalization layer {options.NormalizationLayer}."),
    };

    /// <summary>A linear layer with biases.</summary>
    public LinearLayer Linear(int inputs, int outputs) => new(inputs, outputs, Mode);

    /// <summary>Applies the network's activation, in place where the gradient allows it. The caller owns the result.</summary>
    public Tensor Activate(Tensor input) => options.Activation switch
    {
        Activation.Relu => input.relu_(),
        Activation.Silu => functional.silu(input),
        _ => throw new InvalidOperationException($"Unknown activation {options.Activation}."),
    };
}
