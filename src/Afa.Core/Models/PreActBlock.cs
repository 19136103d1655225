using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Pre-activation block of He et al. 2016 (arXiv:1603.05027): normalization and activation before each of two convolutions, then the sum.</summary>
internal sealed class PreActBlock : Module<Tensor, Tensor>
{
    private readonly Layers _layers;
    private readonly bool _shortcutIsActivated;
    private readonly Module<Tensor, Tensor> _norm1;
    private readonly Convolution _conv1;
    private readonly Module<Tensor, Tensor> _norm2;
    private readonly Convolution _conv2;
    private readonly Convolution? _shortcut;

    public PreActBlock(Layers layers, PreActBlockLayout layout, int inputs, int outputs, int stride) : base(nameof(PreActBlock))
    {
        (_layers, _shortcutIsActivated) = (layers, layout.ShortcutIsActivated);
        _norm1 = ModulePath.Register(this, layout.Norm1, layers.Norm(inputs));
        _conv1 = ModulePath.Register(this, layout.Conv1, Layers.Convolution(inputs, outputs, 3, stride, layout.Padding));
        _norm2 = ModulePath.Register(this, layout.Norm2, layers.Norm(outputs));
        _conv2 = ModulePath.Register(this, layout.Conv2, Layers.Convolution(outputs, outputs, 3));
        if (stride != 1 || inputs != outputs)
        {
            _shortcut = ModulePath.Register(this, layout.Shortcut, Layers.Convolution(inputs, outputs, layout.ShortcutKernel, stride, layout.Padding));
        }
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var activated = _layers.Activate(_norm1.call(input));
        var x = _layers.Activate(ConvolutionNorm.Apply(_conv1, _norm2, activated));
        x = _conv2.call(x);
        return x.add_(_shortcut?.call(_shortcutIsActivated ? activated : input) ?? input).MoveToOuterDisposeScope();
    }

    /// <summary>Nothing is left to register. TorchSharp, which calls this by itself, would add the fields once more under their own names.</summary>
    protected override void RegisterComponents()
    {
    }
}
