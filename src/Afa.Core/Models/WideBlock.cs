using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Block of Zagoruyko and Komodakis 2016 (arXiv:1605.07146), named as in the code of TRADES.</summary>
/// <remarks>Where the width changes, the shortcut starts after the first ReLU, which both branches share; elsewhere from the raw input.</remarks>
internal sealed class WideBlock : Module<Tensor, Tensor>
{
    [ComponentName(Name = "bn1")] private readonly Module<Tensor, Tensor> _norm1;
    [ComponentName(Name = "conv1")] private readonly Conv2d _conv1;
    [ComponentName(Name = "bn2")] private readonly Module<Tensor, Tensor> _norm2;
    [ComponentName(Name = "conv2")] private readonly Conv2d _conv2;
    [ComponentName(Name = "convShortcut")] private readonly Conv2d? _shortcut;

    public WideBlock(int inputs, int outputs, int stride, NormalizationLayer normalization) : base(nameof(WideBlock))
    {
        _norm1 = ConvolutionNorm.Create(normalization, inputs);
        _conv1 = Conv2d(inputs, outputs, 3, stride: stride, padding: 1, bias: false);
        _norm2 = ConvolutionNorm.Create(normalization, outputs);
        _conv2 = Conv2d(outputs, outputs, 3, padding: 1, bias: false);
        if (inputs != outputs)
        {
            _shortcut = Conv2d(inputs, outputs, 1, stride: stride, bias: false);
        }

        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var activated = _norm1.call(input).relu_();
        var x = ConvolutionNorm.Apply(_conv1, _norm2, activated).relu_();
        x = _conv2.call(x);
        return x.add_(_shortcut?.call(activated) ?? input).MoveToOuterDisposeScope();
    }
}
