namespace Afa.Grains;

/// <summary>One stored checkpoint, as lists show it.</summary>
/// <param name="Name">Its name in the store, such as "runs/cosy-fox/checkpoints/step-00000120".</param>
/// <param name="SizeInBytes">Of all its files.</param>
/// <param name="Metrics">What was measured when it was written.</param>
/// <param name="IsFinal">Whether all epochs of all phases are done.</param>
/// <param name="IsBest">Whether, of the run's stored checkpoints, it has the highest robust accuracy on held-out images.</param>
[GenerateSerializer, Immutable, Alias("afa.checkpoint-summary")]
public sealed record CheckpointSummary(
    [property: Id(0)] string Name,
    [property: Id(1)] string Run,
    [property: Id(2)] string Model,
    [property: Id(3)] string Phase,
    [property: Id(4)] int Epoch,
    [property: Id(5)] long Step,
    [property: Id(6)] long SizeInBytes,
    [property: Id(7)] DateTimeOffset CreatedAt,
    [property: Id(8)] IReadOnlyDictionary<string, double> Metrics,
    [property: Id(9)] bool IsFinal,
    [property: Id(10)] bool IsBest = false);
