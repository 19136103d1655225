using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Group normalization of Wu and He 2018 (arXiv:1803.08494), with PyTorch's names and epsilon. It computes in float32 also if the input is bfloat16.</summary>
internal sealed class GroupNormalization : Module<Tensor, Tensor>
{
    private readonly int _groups;
    [ComponentName(Name = "weight")] private Parameter _weight;
    [ComponentName(Name = "bias")] private Parameter _bias;

    public GroupNormalization(int groups, int channels) : base(nameof(GroupNormalization))
    {
        _groups = groups;
        _weight = new Parameter(ones(channels, device: CPU).DetachFromDisposeScope());
        _bias = new Parameter(zeros(channels, device: CPU).DetachFromDisposeScope());
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = functional.group_norm(input.to(_weight.dtype), _groups, _weight, _bias);
        return output.to(input.dtype).MoveToOuterDisposeScope();
    }
}
