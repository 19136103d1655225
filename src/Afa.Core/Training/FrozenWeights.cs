using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Training;

/// <summary>While it lives, no weight asks for a gradient, and the model is in a given mode: what an attack needs. Disposing restores both.</summary>
public sealed class FrozenWeights : IDisposable
{
    private readonly Module<Tensor, Tensor> _model;
    private readonly bool _wasTraining;
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

    public void Dispose()
    {
        foreach (var parameter in _frozen)
        {
            parameter.requires_grad = true;
        }

        _model.train(_wasTraining);
    }
}
