using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Draws the first weights of a network.</summary>
internal static class ModelInitialization
{
    /// <summary>Overwrites the weights of every convolution and linear layer by draws from U(±√(6 / fan_in)), and zeroes their biases.</summary>
    /// <remarks>
    /// The rule of He et al. 2015 (arXiv:1502.01852) for ReLU networks, not PyTorch's default U(±1/√fan_in), under which a network
    /// without normalization layers takes its first hundred steps for nothing. Normalization layers start as the identity.
    /// Nothing is drawn from the global generator, which other threads use too.
    /// </remarks>
    public static void Draw(Module model, Generator generator)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();

        foreach (var module in model.modules())
        {
            var (weight, bias) = module switch
            {
                Convolution convolution => (convolution.Weight, convolution.Bias),
                LinearLayer linear => (linear.Weight, linear.Bias),
                _ => (null, null),
            };
            if (weight is not null)
            {
                var fanIn = weight.numel() / weight.shape[0];
                var bound = Math.Sqrt(6.0 / fanIn);
                weight.uniform_(-bound, bound, generator);
                bias?.zero_();
            }
        }
    }
}
