using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Shifts and scales each channel: (x - mean) / deviation. Inside the network, so that an attack's epsilon is in pixel units.</summary>
/// <remarks>The constants are of the options, not of the weights: they do not appear in the state dictionary.</remarks>
internal sealed class PixelNormalization : Module<Tensor, Tensor>
{
    public PixelNormalization(IReadOnlyList<double> mean, IReadOnlyList<double> deviation) : base(nameof(PixelNormalization))
    {
        // No RegisterComponents here or fields of type Tensor: it would make them persistent.
        register_buffer("scale", Constant(deviation.Select(value => 1 / value)), persistent: false);
        register_buffer("shift", Constant(mean.Zip(deviation, (m, d) => -m / d)), persistent: false);
    }

    /// <summary>Makes the layer that the options ask for, or null.</summary>
    public static PixelNormalization? Create(ModelOptions options) =>
        options is { Mean: { } mean, StandardDeviation: { } deviation } ? new(mean, deviation) : null;

    public override Tensor forward(Tensor input) => addcmul(get_buffer("shift")!, input, get_buffer("scale")!, 1);

    private static Tensor Constant(IEnumerable<double> values)
    {
        var numbers = values.Select(value => (float)value).ToArray();
        return tensor(numbers, [1, numbers.Length, 1, 1]).DetachFromDisposeScope();   // The network outlives the scope it is made in.
    }
}
