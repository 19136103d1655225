using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Residual block of He et al. 2016 (arXiv:1512.03385): convolution, normalization, ReLU, convolution, normalization, sum, ReLU.</summary>
internal sealed class BasicBlock : Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv1")] private readonly Conv2d _conv1;
    [ComponentName(Name = "bn1")] private readonly Module<Tensor, Tensor> _norm1;
    [ComponentName(Name = "conv2")] private readonly Conv2d _conv2;
    [ComponentName(Name = "bn2")] private readonly Module<Tensor, Tensor> _norm2;
    [ComponentName(Name = "shortcut")] private readonly Sequential? _shortcut;

    public BasicBlock(int inputs, int outputs, int stride, NormalizationLayer normalization) : base(nameof(BasicBlock))
    {
        _conv1 = Conv2d(inputs, outputs, 3, stride: stride, padding: 1, bias: false);
        _norm1 = ConvolutionNorm.Create(normalization, outputs);
        _conv2 = Conv2d(outputs, outputs, 3, padding: 1, bias: false);
        _norm2 = ConvolutionNorm.Create(normalization, outputs);
        if (stride != 1 || inputs != outputs)
        {
            _shortcut = Sequential(Conv2d(inputs, outputs, 1, stride: stride, bias: false), ConvolutionNorm.Create(normalization, outputs));
        }

        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = ConvolutionNorm.Apply(_conv1, _norm1, input).relu_();
        x = ConvolutionNorm.Apply(_conv2, _norm2, x);
        var shortcut = _shortcut is null ? input : ConvolutionNorm.Apply((Conv2d)_shortcut[0], (Module<Tensor, Tensor>)_shortcut[1], input);
        return x.add_(shortcut).relu_().MoveToOuterDisposeScope();
    }
}
