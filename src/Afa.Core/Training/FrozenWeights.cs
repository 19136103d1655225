using Afa.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Training;

/// <summary>While it lives, no weight asks for a gradient, and the model is in a given mode: what an attack needs. Disposing restores both.</summary>
public sealed class FrozenWeights : IDisposable
{
    private readonly Module<Tensor, Tensor> _model;
    private readonly bool _wasTraining;
    private readonly Action? _restoreTracking;
    private readonly List<Parameter> _frozen = [];

    /// <param name="training">Whether normalization layers use the batch's statistics meanwhile.</param>
    public FrozenWeights(Module<Tensor, Tensor> model, bool training)
    {
        _model = model;
        _wasTraining = model.training;
        model.train(training);
        foreach (var parameter in model.parameters())
        {
            if (parameter.requires_grad)
            {
                parameter.requires_grad = false;
                _frozen.Add(parameter);
            }
        }
    }

    /// <param name="normalization">What batch norm does meanwhile.</param>
    public FrozenWeights(ImageClassifier model, AttackNormalization normalization) : this(model, training: normalization != AttackNormalization.Eval)
    {
        var tracked = model.Mode.TracksStatistics;
        model.Mode.TracksStatistics = normalization != AttackNormalization.FrozenTracking;
        _restoreTracking = () => model.Mode.TracksStatistics = tracked;
    }

    public void Dispose()
    {
        _restoreTracking?.Invoke();
        foreach (var parameter in _frozen)
        {
            parameter.requires_grad = true;
        }

        _model.train(_wasTraining);
    }
}
