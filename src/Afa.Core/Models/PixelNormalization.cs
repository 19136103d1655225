using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Shifts and scales each channel: (x - mean) / deviation. Inside the network, so that an attack's epsilon is in pixel units.</summary>
/// <remarks>The constants are of the options, not of the weights: they do not appear in the state dictionary.</remarks>
internal sealed class PixelNormalization : Module<Tensor, Tensor>
{
    private const string Scale = "scale";
    private const string Shift = "shift";

    public PixelNormalization(IReadOnlyList<double> mean, IReadOnlyList<double> deviation) : base(nameof(PixelNormalization))
    {
        // No RegisterComponents here or fields of type Tensor: it would make them persistent.
        register_buffer(Scale, Constant(deviation.Select(value => 1 / value)), persistent: false);
        register_buffer(Shift, Constant(mean.Zip(deviation, (m, d) => -m / d)), persistent: false);
    }

    /// <summary>Makes the layer that the options ask for, or null.</summary>
    public static PixelNormalization? Create(ModelOptions options) =>
        options is { Mean: { } mean, StandardDeviation: { } deviation } ? new(mean, deviation) : null;

    public override Tensor forward(Tensor input) => addcmul(get_buffer(Shift)!, input, get_buffer(Scale)!, 1);

    /// <summary>TorchSharp 0.107 forgets buffers outside of the state dictionary when it moves a module to another device.</summary>
    protected override void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
    {
        base._toEpilog(dtype, device, non_blocking);
        foreach (var name in (string[])[Scale, Shift])
        {
            if (ReplaceBuffer(dtype, device, get_buffer(name)!, out var moved))
            {
                ConditionallyRegisterBuffer(name, moved, persistent: false);
            }
        }
    }

    private static Tensor Constant(IEnumerable<double> values)
    {
        var numbers = values.Select(value => (float)value).ToArray();
        return tensor(numbers, [1, numbers.Length, 1, 1], device: CPU).DetachFromDisposeScope();   // The network outlives the scope it is made in.
    }
}
