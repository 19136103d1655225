using System.Runtime.InteropServices;
using Afa.Checkpoints;
using Afa.Training;
using static TorchSharp.torch;

namespace Afa.Federation;

/// <summary>One tensor of an <see cref="UpdateLayout"/>.</summary>
/// <param name="Offset">Of its first value.</param>
/// <param name="IsParameter">Else it is a running statistic.</param>
/// <param name="IsHead">Whether it belongs to the last linear layer.</param>
internal sealed record UpdateTensor(string Name, long[] Shape, int Offset, int Length, bool IsParameter, bool IsHead)
{
    /// <summary>Whether it is a running variance, which cannot be negative.</summary>
    public bool IsVariance => !IsParameter && Name.EndsWith("running_var", StringComparison.Ordinal);

    /// <summary>Whether local training changes it in a phase.</summary>
    public bool IsTrainedIn(string phase, HeadScope scope) => phase switch
    {
        TrainingPhase.Features => !IsHead,
        TrainingPhase.Head => scope != HeadScope.Frozen || IsHead,
        _ => true,
    };

    /// <summary>Copies its values out of flat ones.</summary>
    public TensorRecord Cut(ReadOnlySpan<float> values) => new(ScalarType.Float32, Shape, MemoryMarshal.AsBytes(values.Slice(Offset, Length)).ToArray());
}
