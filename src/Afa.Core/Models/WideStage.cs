using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>The blocks of one width. A module of its own because the state dictionary says <c>block1.layer.0</c>.</summary>
internal sealed class WideStage : Module<Tensor, Tensor>
{
    [ComponentName(Name = "layer")] private readonly Sequential _layer;

    public WideStage(int blocks, int inputs, int outputs, int stride, NormalizationLayer normalization) : base(nameof(WideStage))
    {
        _layer = Sequential(Enumerable.Range(0, blocks).Select(index => index == 0
            ? new WideBlock(inputs, outputs, stride, normalization)
            : new WideBlock(outputs, outputs, 1, normalization)));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => _layer.call(input);
}
