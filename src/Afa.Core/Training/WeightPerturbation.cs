using static TorchSharp.torch;

namespace Afa.Training;

/// <summary>While it lives, the weights stand where the loss is worse: Wu et al. 2020 (arXiv:2004.05884), section 4. Disposing puts them back, bit for bit.</summary>
/// <remarks>
/// One step up the loss of the global batch, for each weight tensor by itself: w ← w + γ ‖w‖ ∇ / ‖∇‖ (equations 8 and 10). As in the authors' code
/// only tensors named "weight" of more than one dimension move, not biases or normalization layers. The authors take the step on a second model
/// with an optimizer of its own; as that is plain SGD from the model's own weights, and its step is rescaled, the direction is the gradient,
/// and no second model is needed here. They also add weight decay at the moved weights; here it is that of the weights put back.
/// </remarks>
internal sealed class WeightPerturbation : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly Tensor _kept;

    /// <param name="parameters">Weights, with the gradient of their loss.</param>
    /// <param name="gamma">γ, how far each tensor moves as a share of its own Euclidean norm.</param>
    public WeightPerturbation(FlatParameters parameters, double gamma)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        _parameters = parameters;
        _kept = parameters.Values.clone().DetachFromDisposeScope();
        foreach (var ((name, weight), (_, gradient)) in parameters.Split(parameters.Values).Zip(parameters.Split(parameters.Gradient)))
        {
            if (weight.ndim > 1 && name.Contains("weight", StringComparison.Ordinal))
            {
                var scale = gamma * linalg.vector_norm(weight) / (linalg.vector_norm(gradient) + 1e-20);   // 1e-20 as in the authors' code.
                weight.add_(gradient * scale);
            }
        }
    }

    public void Dispose()
    {
        using var noGradients = no_grad();
        _parameters.Values.copy_(_kept);
        _kept.Dispose();
    }
}
