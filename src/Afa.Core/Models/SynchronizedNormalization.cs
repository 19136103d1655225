using static TorchSharp.torch;

namespace Afa.Models;

/// <summary>Batch normalization by mean and variance of all replicas, and the matching gradient.</summary>
/// <remarks>
/// With x̂ = (x − mean) / √(variance + ε), y = γ x̂ + β and N values of a channel over all replicas, the gradient of the sum of the replicas' losses is
/// ∂x = γ / √(variance + ε) · (∂y − Σ∂y / N − x̂ · Σ(∂y x̂) / N), where the sums go over all replicas. ∂γ = Σ ∂y x̂ and ∂β = Σ ∂y are those of the own
/// part, as the gradients of parameters are summed over the replicas afterwards.
/// </remarks>
internal sealed class SynchronizedNormalization : autograd.SingleTensorFunction<SynchronizedNormalization>
{
    private const string Replicas = "replicas";

    /// <inheritdoc/>
    public override string Name => nameof(SynchronizedNormalization);

    /// <summary>Normalizes. The caller owns the result, which has the input's type.</summary>
    /// <param name="input">Own part, [batch, channel, height, width].</param>
    /// <param name="weight">γ, [channel].</param>
    /// <param name="bias">β, [channel].</param>
    /// <param name="mean">Of all replicas, [channel].</param>
    /// <param name="variance">Of all replicas, [channel].</param>
    public static Tensor Apply(Tensor input, Tensor weight, Tensor bias, Tensor mean, Tensor variance, ReplicaStatistics replicas)
    {
        using var scope = NewDisposeScope();
        var deviation = (variance + BatchNormalization.Epsilon).sqrt();
        return apply(input, weight, bias, mean, deviation, replicas).MoveToOuterDisposeScope();
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        using var scope = NewDisposeScope();
        var (input, weight, bias) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        var (mean, deviation) = ((Tensor)vars[3], (Tensor)vars[4]);
        ctx.save_for_backward([input, weight, mean, deviation]);
        ctx.save_data(Replicas, vars[5]);
        var scale = weight / deviation;
        var output = ReplicaStatistics.Precise(input) * Channels(scale) + Channels(bias - mean * scale);
        return output.to(input.dtype).MoveToOuterDisposeScope();
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var (saved, replicas) = (ctx.get_saved_variables(), (ReplicaStatistics)ctx.get_data(Replicas)!);
        var (input, weight, mean, deviation) = (saved[0], saved[1], saved[2], saved[3]);
        var gradient = ReplicaStatistics.Precise(grad_output);
        var normalized = (ReplicaStatistics.Precise(input) - Channels(mean)) / Channels(deviation);

        var own = stack([gradient.sum([0, 2, 3]), (gradient * normalized).sum([0, 2, 3])]);   // [2, channel]
        var values = (double)replicas.Count * input.numel() / input.shape[1];
        var means = replicas.SumInBackward(own) / values;
        var inputGradient = Channels(weight / deviation) * (gradient - Channels(means[0]) - normalized * Channels(means[1]));
        return
        [
            inputGradient.to(input.dtype).MoveToOuterDisposeScope(),
            own[1].MoveToOuterDisposeScope(), own[0].MoveToOuterDisposeScope(), null!, null!, null!,
        ];
    }

    private static Tensor Channels(Tensor values) => values.reshape(1, -1, 1, 1);
}
