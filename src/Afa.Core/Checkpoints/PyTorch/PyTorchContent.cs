namespace Afa.Checkpoints.PyTorch;

/// <summary>What was read of a file of torch.save.</summary>
/// <param name="Tensors">The state dict, under the names that it has in the file.</param>
/// <param name="Key">Where in the file the state dict was, or null if the file is nothing else.</param>
/// <param name="Metadata">Texts beside the pickle, which PyTorch does not look at.</param>
public sealed record PyTorchContent(
    IReadOnlyDictionary<string, TensorRecord> Tensors, string? Key, IReadOnlyDictionary<string, string> Metadata);
