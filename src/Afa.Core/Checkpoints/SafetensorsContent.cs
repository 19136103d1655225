namespace Afa.Checkpoints;

/// <summary>What a safetensors file holds.</summary>
public sealed record SafetensorsContent(
    IReadOnlyDictionary<string, TensorRecord> Tensors, IReadOnlyDictionary<string, string> Metadata);
