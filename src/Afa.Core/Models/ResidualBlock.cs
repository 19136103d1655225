using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Residual block of He et al. 2016 (arXiv:1512.03385): convolutions, each with normalization, with ReLU between them and after the sum.</summary>
/// <remarks>Names as in RobustBench's <c>resnet.BasicBlock</c> and <c>resnet.Bottleneck</c>.</remarks>
internal sealed class ResidualBlock : Module<Tensor, Tensor>
{
    private readonly Layers _layers;
    private readonly IReadOnlyList<(Convolution Convolution, Module<Tensor, Tensor> Norm)> _parts;
    private readonly (Convolution Convolution, Module<Tensor, Tensor> Norm)? _shortcut;

    /// <param name="isBottleneck">1x1, 3x3 and 1x1 with a quarter of the channels between them, instead of two of 3x3.</param>
    public ResidualBlock(Layers layers, int inputs, int outputs, int stride, bool isBottleneck) : base(nameof(ResidualBlock))
    {
        _layers = layers;
        var inner = outputs / 4;
        _parts = isBottleneck
            ? [Pair("conv1", "bn1", inputs, inner, 1), Pair("conv2", "bn2", inner, inner, 3, stride), Pair("conv3", "bn3", inner, outputs, 1)]
            : [Pair("conv1", "bn1", inputs, outputs, 3, stride), Pair("conv2", "bn2", outputs, outputs, 3)];
        if (stride != 1 || inputs != outputs)
        {
            _shortcut = Pair("shortcut.0", "shortcut.1", inputs, outputs, 1, stride);
        }
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = input;
        foreach (var (index, (convolution, norm)) in _parts.Index())
        {
            x = ConvolutionNorm.Apply(convolution, norm, x);
            x = index == _parts.Count - 1 ? x : _layers.Activate(x);
        }

        var shortcut = _shortcut is { } pair ? ConvolutionNorm.Apply(pair.Convolution, pair.Norm, input) : input;
        return _layers.Activate(x.add_(shortcut)).MoveToOuterDisposeScope();
    }

    private (Convolution, Module<Tensor, Tensor>) Pair(string convolution, string norm, int inputs, int outputs, int kernel, int stride = 1) =>
        (ModulePath.Register(this, convolution, Layers.Convolution(inputs, outputs, kernel, stride)), ModulePath.Register(this, norm, _layers.Norm(outputs)));
}
