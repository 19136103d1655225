using Afa.Checkpoints;
using Afa.Training;
using static TorchSharp.torch;

namespace Afa.Federation;

/// <summary>A participant's part of SCAFFOLD: Karimireddy et al. 2020 (arXiv:1910.06378), algorithm 1.</summary>
/// <remarks>
/// The gradient becomes g + c − cᵢ (line 10); afterwards cᵢ⁺ = cᵢ − c + (x − yᵢ) / (K η), option II of line 12. Departure: K η is replaced by how
/// far K steps move a weight against a gradient of 1, with the schedule's learning rates and momentum; for plain SGD at a constant rate that is
/// K η, and in all cases cᵢ⁺ is a weighted mean of the participant's own gradients. Weight decay and clipping are part of what is averaged.
/// </remarks>
internal sealed class ControlVariates
{
    /// <summary>What the name of a parameter's control value ends with.</summary>
    public const string Suffix = ".control";

    private readonly UpdateLayout _layout;
    private readonly float[] _server;
    private readonly float[] _own;
    private readonly OptimizerOptions _optimizer;
    private double _velocity;
    private double _reach;

    /// <param name="phase">Control variates of another phase, whose loss is another, count as zero.</param>
    public ControlVariates(UpdateLayout layout, string phase, Checkpoint global, Checkpoint? own, OptimizerOptions optimizer)
    {
        _layout = layout;
        _server = Read(layout, phase, global);
        _own = Read(layout, phase, own);
        _optimizer = optimizer;
    }

    /// <summary>c − cᵢ in the layout of parameters under training. The caller owns it.</summary>
    public Tensor Correction(FlatParameters parameters)
    {
        using var scope = NewDisposeScope();
        var correction = zeros_like(parameters.Values);
        var byName = _layout.Parameters.ToDictionary(parameter => parameter.Name);
        foreach (var (name, part) in parameters.Split(correction))
        {
            var parameter = byName[name];
            var values = new float[parameter.Length];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = _server[parameter.Offset + i] - _own[parameter.Offset + i];
            }

            part.copy_(tensor(values).view(part.shape));
        }

        return correction.MoveToOuterDisposeScope();
    }

    /// <summary>Counts an update of the weights.</summary>
    public void Updated(double learningRate)
    {
        _velocity = _optimizer.Momentum * _velocity + 1;
        _reach += learningRate * (_optimizer.Nesterov ? 1 + _optimizer.Momentum * _velocity : _velocity);
    }

    /// <summary>cᵢ⁺ − cᵢ; zero where the updates counted had no learning rate.</summary>
    /// <param name="update">yᵢ − x, the model's values first the parameters.</param>
    /// <returns>[<see cref="UpdateLayout.ParameterLength"/>]</returns>
    public float[] Change(ReadOnlySpan<float> update)
    {
        var change = new float[_own.Length];
        for (var i = 0; i < change.Length && _reach > 0; i++)
        {
            change[i] = (float)(-_server[i] - update[i] / _reach);
        }

        return change;
    }

    /// <summary>cᵢ⁺ by the names that a checkpoint has.</summary>
    public Dictionary<string, TensorRecord> Next(ReadOnlySpan<float> change)
    {
        var next = new float[_own.Length];
        for (var i = 0; i < next.Length; i++)
        {
            next[i] = _own[i] + change[i];
        }

        return _layout.Parameters.ToDictionary(parameter => parameter.Name + Suffix, parameter => parameter.Cut(next));
    }

    private static float[] Read(UpdateLayout layout, string phase, Checkpoint? checkpoint)
    {
        var values = new float[layout.ParameterLength];
        if (checkpoint?.State.Phase == phase && checkpoint.Optimizer is { } stored)
        {
            foreach (var parameter in layout.Parameters)
            {
                UpdateLayout.Values(stored[parameter.Name + Suffix]).CopyTo(values.AsSpan(parameter.Offset, parameter.Length));
            }
        }

        return values;
    }
}
