namespace Afa.Grains;

/// <summary>Weights of a checkpoint for use elsewhere.</summary>
/// <param name="ModelJson">JSON of <c>Afa.Models.ModelOptions</c>.</param>
/// <param name="Weights">A safetensors file with the model's parameters and buffers.</param>
[GenerateSerializer, Immutable, Alias("afa.checkpoint-export")]
public sealed record CheckpointExport([property: Id(0)] string ModelJson, [property: Id(1)] byte[] Weights);
