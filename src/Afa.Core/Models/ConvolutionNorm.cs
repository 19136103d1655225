using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Pairs of a convolution and the normalization that follows it.</summary>
internal static class ConvolutionNorm
{
    /// <summary>Computes norm(convolution(input)). The caller owns the result.</summary>
    /// <param name="convolution">Without biases.</param>
    /// <remarks>
    /// Batch norm in evaluation mode is a fixed scale and shift of each channel, so it is multiplied into the weights instead of the
    /// activations. Attacks run in this mode.
    /// </remarks>
    public static Tensor Apply(Convolution convolution, Module<Tensor, Tensor> norm, Tensor input)
    {
        using var scope = NewDisposeScope();
        if (norm is not BatchNormalization { training: false } batchNorm)
        {
            return norm.call(convolution.call(input)).MoveToOuterDisposeScope();
        }

        var (scale, shift) = batchNorm.ScaleAndShift();
        return convolution.Convolve(input, convolution.Weight * scale.reshape(-1, 1, 1, 1), shift).MoveToOuterDisposeScope();
    }
}
