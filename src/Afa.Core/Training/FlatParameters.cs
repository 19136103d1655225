using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Afa.Training;

/// <summary>The parameters under training, laid end to end in one tensor, so that reduction and update are a few operations whatever the number of layers.</summary>
/// <remarks>Each parameter becomes a view of the flat tensor. Lives on the thread of its device slot.</remarks>
public sealed class FlatParameters : IDisposable
{
    private readonly List<(string Name, Parameter Parameter, long Offset)> _entries = [];

    /// <param name="parameters">Name and parameter; the order is that of the flat tensor. Their values are kept.</param>
    /// <param name="withoutDecay">Names of those that weight decay leaves alone.</param>
    public FlatParameters(IEnumerable<(string Name, Parameter Parameter)> parameters, IReadOnlySet<string> withoutDecay)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();

        var offset = 0L;
        foreach (var (name, parameter) in parameters)
        {
            _entries.Add((name, parameter, offset));
            offset += parameter.numel();
        }

        Length = offset;
        var first = _entries[0].Parameter;
        Values = empty(Length, dtype: first.dtype, device: first.device).DetachFromDisposeScope();
        Gradient = zeros_like(Values).DetachFromDisposeScope();
        DecayMask = ones_like(Values).DetachFromDisposeScope();
        foreach (var (name, parameter, start) in _entries)
        {
            var view = Values.narrow(0, start, parameter.numel()).view(parameter.shape);
            view.copy_(parameter);
            parameter.set_(view);
            if (withoutDecay.Contains(name))
            {
                DecayMask.narrow(0, start, parameter.numel()).zero_();
            }
        }
    }

    /// <summary>Number of values.</summary>
    public long Length { get; }

    /// <summary>The parameters, [length]. Writing here changes the model.</summary>
    public Tensor Values { get; }

    /// <summary>Their gradient, [length], filled by <see cref="CollectGradient"/>.</summary>
    public Tensor Gradient { get; }

    /// <summary>1 where weight decay applies, 0 elsewhere, [length].</summary>
    public Tensor DecayMask { get; }

    /// <summary>Copies each parameter's gradient into <see cref="Gradient"/>; a parameter without one gives zeros.</summary>
    public void CollectGradient()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        foreach (var (_, parameter, offset) in _entries)
        {
            var target = Gradient.narrow(0, offset, parameter.numel());
            if (parameter.grad is { } gradient)
            {
                target.copy_(gradient.reshape(-1));
            }
            else
            {
                target.zero_();
            }
        }
    }

    /// <summary>Cuts a flat tensor of the same layout into named parts that share its memory; the caller owns them.</summary>
    public IEnumerable<(string Name, Tensor Part)> Split(Tensor flat)
    {
        foreach (var (name, parameter, offset) in _entries)
        {
            yield return (name, flat.narrow(0, offset, parameter.numel()).view(parameter.shape));
        }
    }

    public void Dispose()
    {
        Values.Dispose();
        Gradient.Dispose();
        DecayMask.Dispose();
    }
}
