using Afa.Models;
using static TorchSharp.torch;

namespace Afa.Training;

/// <summary>The buffers of a model, such as the statistics of batch norm, as they were. Its tensors belong to the scope that it was made in.</summary>
internal sealed class BufferSnapshot(ImageClassifier model)
{
    private readonly List<(string Name, Tensor Value)> _kept = [.. model.named_buffers().Select(entry => (entry.name, entry.buffer.clone()))];

    /// <summary>Sets the buffers back.</summary>
    public void Restore()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var kept = _kept.ToDictionary(entry => entry.Name, entry => entry.Value);
        foreach (var (name, buffer) in model.named_buffers())
        {
            buffer.copy_(kept[name]);
        }
    }
}
