using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Draws the first weights of a network.</summary>
internal static class ModelInitialization
{
    /// <summary>Overwrites the weights of every convolution and linear layer, and zeroes their biases.</summary>
    /// <remarks>Normalization layers start as the identity. Nothing is drawn from the global generator, which other threads use too.</remarks>
    public static void Draw(Module model, WeightInitialization initialization, Generator generator)
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
                var bound = Math.Sqrt((initialization == WeightInitialization.He ? 6.0 : 1.0) / fanIn);
                weight.uniform_(-bound, bound, generator);
                bias?.zero_();
            }
        }
    }
}
