using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Pairs of a convolution and the normalization that follows it.</summary>
internal static class ConvolutionNorm
{
    /// <summary>Makes the normalization of a layer with so many channels.</summary>
    public static Module<Tensor, Tensor> Create(NormalizationLayer layer, int channels) => layer switch
    {
        NormalizationLayer.Batch => BatchNorm2d(channels),
        NormalizationLayer.Group => GroupNorm(channels % 16 == 0 ? channels / 16 : 1, channels),
        _ => throw new ArgumentOutOfRangeException(nameof(layer), layer, "Unknown normalization layer."),
    };

    /// <summary>Computes norm(convolution(input)). The caller owns the result.</summary>
    /// <remarks>
    /// Batch norm in evaluation mode is a fixed scale and shift of each channel, so it is multiplied into the weights instead of the
    /// activations. Attacks run in this mode.
    /// </remarks>
    public static Tensor Apply(Conv2d convolution, Module<Tensor, Tensor> norm, Tensor input)
    {
        using var scope = NewDisposeScope();
        if (norm is not BatchNorm2d { training: false } batchNorm)
        {
            return norm.call(convolution.call(input)).MoveToOuterDisposeScope();
        }

        var scale = batchNorm.weight! * (batchNorm.running_var! + batchNorm.eps).rsqrt();
        var shift = batchNorm.bias! - batchNorm.running_mean! * scale;
        var weight = convolution.weight * scale.reshape(-1, 1, 1, 1);
        var isFirst = convolution.in_channels <= ImageConvolution.MostChannels && convolution.stride[0] == 1 && convolution.kernel_size[0] == 3;
        var output = isFirst ? ImageConvolution.Apply(input, weight, shift) : functional.conv2d(input, weight, shift, convolution.stride, convolution.padding);
        return output.MoveToOuterDisposeScope();
    }
}
