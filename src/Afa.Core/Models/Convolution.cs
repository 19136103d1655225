using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>A two-dimensional convolution. It computes in the type of its input, whatever that of its weights.</summary>
/// <remarks>The weights are not drawn here: <see cref="ModelInitialization"/> does that.</remarks>
internal sealed class Convolution : Module<Tensor, Tensor>
{
    private readonly int _padding;
    private readonly bool _padsAfter;
    [ComponentName(Name = "weight")] private Parameter _weight;
    [ComponentName(Name = "bias")] private Parameter? _bias;

    public Convolution(int inputs, int outputs, int kernel, int stride, ConvolutionPadding padding, bool hasBias) : base(nameof(Convolution))
    {
        (Stride, _padding) = (stride, kernel / 2);
        _padsAfter = padding == ConvolutionPadding.After && stride == 2 && kernel == 3;
        _weight = new Parameter(zeros(outputs, inputs, kernel, kernel, device: CPU).DetachFromDisposeScope());
        _bias = hasBias ? new Parameter(zeros(outputs, device: CPU).DetachFromDisposeScope()) : null;
        RegisterComponents();
    }

    /// <summary>[output channel, input channel, kernel, kernel].</summary>
    public Parameter Weight => _weight;

    /// <summary>[output channel], or null.</summary>
    public Parameter? Bias => _bias;

    public int Stride { get; }

    public override Tensor forward(Tensor input) => Convolve(input, _weight, _bias);

    /// <summary>Convolves with other numbers in place of the layer's own. The caller owns the result.</summary>
    public Tensor Convolve(Tensor input, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        if (weight.dtype != input.dtype)
        {
            (weight, bias) = (weight.to(input.dtype), bias?.to(input.dtype));
        }

        var isFirst = weight.shape[1] <= ImageConvolution.MostChannels && weight.shape[2] == 3 && Stride == 1;
        var output = isFirst ? ImageConvolution.Apply(input, weight, bias)
            : _padsAfter ? functional.conv2d(functional.pad(input, [0, 1, 0, 1]), weight, bias, strides: [Stride, Stride])
            : functional.conv2d(input, weight, bias, strides: [Stride, Stride], padding: [_padding, _padding]);
        return output.MoveToOuterDisposeScope();
    }
}
