using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Layers, size and cost of a network.</summary>
/// <param name="Layers">Modules that compute, in the order in which a forward pass reaches them; sums, activations and pooling are none.</param>
/// <param name="Parameters">Numbers that training may change.</param>
/// <param name="MultiplyAdds">Of one image's forward pass. A multiply-add is two floating-point operations.</param>
/// <param name="SizeInBytes">Of parameters and stored buffers.</param>
public sealed record ModelSummary(IReadOnlyList<LayerSummary> Layers, long Parameters, long MultiplyAdds, long SizeInBytes)
{
    private const int Images = 2;   // Batch norm does not normalize a channel of one value.

    /// <summary>Sends images of the size that a network was built for through it, and counts in each layer.</summary>
    /// <param name="model">Left as it was.</param>
    /// <remarks>Convolutions and linear layers are what multiplies and adds here, as in published figures; normalization counts as none.</remarks>
    public static ModelSummary Of(ImageClassifier model)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var layers = new List<LayerSummary>();
        var unhook = new List<Action>();
        var (wasTraining, tracked) = (model.training, model.Mode.TracksStatistics);
        try
        {
            // In evaluation mode normalization is folded into the convolution before it, and would not be met.
            model.train();
            model.Mode.TracksStatistics = false;
            foreach (var (name, module) in model.named_modules())
            {
                if (Kind(module) is { } kind && module is Module<Tensor, Tensor> layer)
                {
                    unhook.Add(layer.register_forward_hook((_, _, output) =>
                    {
                        layers.Add(Summarize(name, kind, layer, output));
                        return output;
                    }).remove);
                }
            }

            var options = model.Options;
            model.call(zeros(Images, options.Channels, options.Height, options.Width, device: CPU));
        }
        finally
        {
            unhook.ForEach(remove => remove());
            model.Mode.TracksStatistics = tracked;
            model.train(wasTraining);
        }

        return new(
            layers, model.parameters().Sum(parameter => parameter.numel()), layers.Sum(layer => layer.MultiplyAdds),
            model.state_dict().Values.Sum(tensor => tensor.numel() * tensor.element_size()));
    }

    private static string? Kind(Module module) => module switch
    {
        Convolution convolution => $"convolution {convolution.Weight.shape[2]}x{convolution.Weight.shape[3]}{(convolution.Stride == 1 ? "" : $", stride {convolution.Stride}")}",
        LinearLayer => "linear",
        BatchNormalization => "batch norm",
        GroupNormalization => "group norm",
        PixelNormalization => "pixel normalization",
        _ => null,
    };

    private static LayerSummary Summarize(string name, string kind, Module layer, Tensor output) => new(
        name, kind, output.shape[1..], layer.named_parameters(recurse: false).Sum(entry => entry.parameter.numel()), layer switch
        {
            // Each output value is a sum over a filter, and each output of a linear layer one over a row.
            Convolution convolution => output.numel() / Images * (convolution.Weight.numel() / convolution.Weight.shape[0]),
            LinearLayer linear => output.numel() / Images * linear.Weight.shape[1],
            _ => 0,
        });
}
