using System.Numerics.Tensors;

namespace Afa.Federation;

/// <summary>How far the parameters move at the server: the equations of <see cref="ServerModel"/> for some consecutive parameters, in float64. What is kept is rounded to float32 before it is used.</summary>
internal static class ServerStep
{
    /// <summary>η Δ.</summary>
    /// <param name="step">Δ; receives the step.</param>
    public static void Plain(Span<double> step, double learningRate) => TensorPrimitives.Multiply(step, learningRate, step);

    /// <summary>v ← β v + Δ, and η v.</summary>
    /// <param name="step">Δ; receives the step.</param>
    /// <param name="momentum">v, as long.</param>
    public static void WithMomentum(Span<double> step, Span<float> momentum, StrategyOptions strategy)
    {
        Accumulate(momentum, strategy.ServerMomentum, step);
        TensorPrimitives.ConvertTruncating<float, double>(momentum, step);
        TensorPrimitives.Multiply(step, strategy.ServerLearningRate ?? 1, step);
    }

    /// <summary>m ← β₁ m + (1 − β₁) Δ and v ← β₂ v + (1 − β₂) Δ², and η m / (√v + τ).</summary>
    /// <param name="step">Δ; receives the step.</param>
    /// <param name="first">m, as long.</param>
    /// <param name="second">v, as long.</param>
    public static void Adam(Span<double> step, Span<float> first, Span<float> second, StrategyOptions strategy)
    {
        Span<double> divisor = stackalloc double[step.Length];
        TensorPrimitives.Multiply(step, 1 - strategy.Beta2, divisor);
        TensorPrimitives.Multiply(divisor, step, divisor);
        Accumulate(second, strategy.Beta2, divisor);
        TensorPrimitives.ConvertTruncating<float, double>(second, divisor);
        TensorPrimitives.Sqrt<double>(divisor, divisor);
        TensorPrimitives.Add(divisor, strategy.Tau, divisor);

        TensorPrimitives.Multiply(step, 1 - strategy.Beta1, step);
        Accumulate(first, strategy.Beta1, step);
        TensorPrimitives.ConvertTruncating<float, double>(first, step);
        TensorPrimitives.Multiply(step, strategy.ServerLearningRate ?? 0.01, step);
        TensorPrimitives.Divide<double>(step, divisor, step);
    }

    /// <summary>kept ← β kept + added.</summary>
    private static void Accumulate(Span<float> kept, double decay, ReadOnlySpan<double> added)
    {
        Span<double> sum = stackalloc double[kept.Length];
        TensorPrimitives.ConvertTruncating<float, double>(kept, sum);
        TensorPrimitives.Multiply(sum, decay, sum);
        TensorPrimitives.Add(sum, added, sum);
        TensorPrimitives.ConvertTruncating<double, float>(sum, kept);
    }
}
