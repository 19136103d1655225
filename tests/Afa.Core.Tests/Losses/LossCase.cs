using Afa.Tests.Golden;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Losses;

/// <summary>Compares a loss with a stored case, value and gradients, in both precisions.</summary>
internal static class LossCase
{
    /// <summary>The two precisions that every case is tried in.</summary>
    public static readonly ScalarType[] Types = [ScalarType.Float32, ScalarType.Float64];

    /// <param name="name">Of the stored case.</param>
    /// <param name="inputs">Name of each input: as in "grad.clean" of the case, and of its stored tensor.</param>
    /// <param name="compute">Maps the inputs to a scalar.</param>
    public static void Check(string name, (string Gradient, string Tensor)[] inputs, Func<Tensor[], Tensor> compute)
    {
        foreach (var type in Types)
        {
            using var scope = NewDisposeScope();
            var tensors = inputs.Select(input => GoldenFile.Losses.Get(input.Tensor, type).requires_grad_()).ToArray();

            var value = compute(tensors);
            value.backward();

            // Float32: what the reference itself loses to rounding, with a margin; float64: another order of summation.
            var expected = GoldenFile.Losses.Number($"{name}.value");
            var isFloat64 = type == ScalarType.Float64;
            Assert.Equal(type, value.dtype);
            Assert.Equal(expected, value.to(ScalarType.Float64).item<double>(), isFloat64 ? 1e-10 : 2e-6 + 2e-5 * Math.Abs(expected));
            for (var i = 0; i < inputs.Length; i++)
            {
                TensorAssert.Close(GoldenFile.Losses.Get($"{name}.grad.{inputs[i].Gradient}"), tensors[i].grad!, isFloat64 ? 1e-10 : 2e-6);
            }
        }
    }

    /// <summary>Compares a gradient with central differences in float64.</summary>
    public static void CheckFiniteDifferences(Func<Tensor, Tensor> loss, Tensor at)
    {
        using var scope = NewDisposeScope();
        var input = at.detach().clone().requires_grad_();
        loss(input).backward();

        using var noGradients = no_grad();
        const double width = 1e-5;   // The error is of order width² from the third derivative, and 1e-16 / width from rounding.
        var numeric = zeros_like(at);
        for (var i = 0L; i < at.numel(); i++)
        {
            var offset = zeros_like(at);
            offset.view(-1)[i] = width;
            numeric.view(-1)[i] = (loss(at + offset) - loss(at - offset)) / (2 * width);
        }

        TensorAssert.Close(numeric, input.grad!, 1e-7);
    }
}
