using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>A linear layer with biases. It computes in the network's type and returns that of its weights.</summary>
/// <remarks>The weights are not drawn here: <see cref="ModelInitialization"/> does that.</remarks>
internal sealed class LinearLayer : Module<Tensor, Tensor>
{
    private readonly ForwardMode _mode;
    [ComponentName(Name = "weight")] private Parameter _weight;
    [ComponentName(Name = "bias")] private Parameter _bias;

    public LinearLayer(int inputs, int outputs, ForwardMode mode) : base(nameof(LinearLayer))
    {
        _mode = mode;
        _weight = new Parameter(zeros(outputs, inputs, device: CPU).DetachFromDisposeScope());
        _bias = new Parameter(zeros(outputs, device: CPU).DetachFromDisposeScope());
        RegisterComponents();
    }

    /// <summary>[output, input].</summary>
    public Parameter Weight => _weight;

    /// <summary>[output].</summary>
    public Parameter Bias => _bias;

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = _mode.ComputeType is { } type
            ? functional.linear(input.to(type), _weight.to(type), _bias.to(type)).to(_weight.dtype)
            : functional.linear(input, _weight, _bias);
        return output.MoveToOuterDisposeScope();
    }
}
