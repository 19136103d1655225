using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Pre-activation block of He et al. 2016 (arXiv:1603.05027): normalization and ReLU before each convolution, then the sum.</summary>
/// <remarks>The shortcut is taken from the raw input, before its normalization, as in RobustBench's <c>resnet.PreActBlock</c>.</remarks>
internal sealed class PreActBlock : Module<Tensor, Tensor>
{
    [ComponentName(Name = "bn1")] private readonly Module<Tensor, Tensor> _norm1;
    [ComponentName(Name = "conv1")] private readonly Conv2d _conv1;
    [ComponentName(Name = "bn2")] private readonly Module<Tensor, Tensor> _norm2;
    [ComponentName(Name = "conv2")] private readonly Conv2d _conv2;
    [ComponentName(Name = "shortcut")] private readonly Sequential? _shortcut;

    public PreActBlock(int inputs, int outputs, int stride, NormalizationLayer normalization) : base(nameof(PreActBlock))
    {
        _norm1 = ConvolutionNorm.Create(normalization, inputs);
        _conv1 = Conv2d(inputs, outputs, 3, stride: stride, padding: 1, bias: false);
        _norm2 = ConvolutionNorm.Create(normalization, outputs);
        _conv2 = Conv2d(outputs, outputs, 3, padding: 1, bias: false);
        if (stride != 1 || inputs != outputs)
        {
            _shortcut = Sequential(Conv2d(inputs, outputs, 1, stride: stride, bias: false));
        }

        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = _norm1.call(input).relu_();
        x = ConvolutionNorm.Apply(_conv1, _norm2, x).relu_();
        x = _conv2.call(x);
        return x.add_(_shortcut?.call(input) ?? input).MoveToOuterDisposeScope();
    }
}
