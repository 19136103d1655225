using static TorchSharp.torch;

namespace Afa.Training;

/// <summary>Stochastic gradient descent with momentum, as torch.optim.SGD computes it, on <see cref="FlatParameters"/>.</summary>
/// <remarks>
/// TorchSharp's own SGD steps one parameter at a time and keys its state by native handles, which neither names nor survives a
/// checkpoint in an open format; a test holds this one to it.
/// </remarks>
public sealed class MomentumSgd(FlatParameters parameters, OptimizerOptions options) : IDisposable
{
    /// <summary>The momentum buffer, [length]; starts at zero.</summary>
    public Tensor Velocity { get; } = zeros_like(parameters.Values).DetachFromDisposeScope();

    /// <summary>Clips the gradient's norm if that is asked for, adds weight decay and moves the parameters.</summary>
    /// <returns>The gradient's norm before clipping. If it is not finite, nothing was changed.</returns>
    public double Step(double learningRate)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();

        var gradient = parameters.Gradient;
        var norm = linalg.vector_norm(gradient).to(ScalarType.Float64).item<double>();
        if (!double.IsFinite(norm))
        {
            return norm;
        }

        if (options.GradientClip > 0 && norm > options.GradientClip)
        {
            gradient.mul_(options.GradientClip / (norm + 1e-6));   // 1e-6 as in torch.nn.utils.clip_grad_norm_.
        }

        if (options.WeightDecay > 0)
        {
            gradient.addcmul_(parameters.Values, parameters.DecayMask, options.WeightDecay);
        }

        // The first step of torch.optim.SGD sets v = g, which is the same as v = μ 0 + g.
        Velocity.mul_(options.Momentum).add_(gradient);
        if (options.Nesterov)
        {
            gradient.add_(Velocity, alpha: options.Momentum);
            parameters.Values.add_(gradient, alpha: -learningRate);
        }
        else
        {
            parameters.Values.add_(Velocity, alpha: -learningRate);
        }

        return norm;
    }

    public void Dispose() => Velocity.Dispose();
}
