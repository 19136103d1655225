namespace Afa.Grains;

/// <summary>Weights from elsewhere that are to become a checkpoint.</summary>
/// <param name="Run">The name that the checkpoint goes by.</param>
/// <param name="ModelJson">JSON of <c>Afa.Models.ModelOptions</c>.</param>
/// <param name="Dataset">What the model was trained on.</param>
/// <param name="Source">Where the weights come from, for messages.</param>
/// <param name="Weights">A safetensors file with the model's parameters and buffers under its names, and no others.</param>
[GenerateSerializer, Immutable, Alias("afa.checkpoint-import")]
public sealed record CheckpointImport(
    [property: Id(0)] string Run, [property: Id(1)] string ModelJson, [property: Id(2)] string Dataset, [property: Id(3)] string Source, [property: Id(4)] byte[] Weights);
