namespace Afa.Grains;

/// <summary>What one epoch of training measured on its own training batches.</summary>
/// <param name="Phase">"features", "head" or "training".</param>
/// <param name="Epoch">Counted from 1 over all phases.</param>
/// <param name="Loss">Mean loss of the epoch's steps.</param>
/// <param name="CleanAccuracy">Accuracy on the clean training images, [0, 1]; null where the phase has no logits for them.</param>
/// <param name="RobustAccuracy">Accuracy on the training attack's images, [0, 1]; null where the phase has no logits for them.</param>
/// <param name="FeatureMatch">Share of adversarial anchors whose nearest other clean feature of the batch has their class, [0, 1]; null outside AFA.</param>
/// <param name="PhaseSeconds">Seconds spent by rank 0 in data, attack, exchange, backward, reduce and update.</param>
/// <param name="Validation">Null if the epoch was not validated.</param>
[GenerateSerializer, Immutable, Alias("afa.epoch-metrics")]
public sealed record EpochMetrics(
    [property: Id(0)] string Phase,
    [property: Id(1)] int Epoch,
    [property: Id(2)] double Loss,
    [property: Id(3)] double? CleanAccuracy,
    [property: Id(4)] double? RobustAccuracy,
    [property: Id(5)] double? FeatureMatch,
    [property: Id(6)] double LearningRate,
    [property: Id(7)] double Seconds,
    [property: Id(8)] IReadOnlyDictionary<string, double> PhaseSeconds,
    [property: Id(9)] EpochValidation? Validation = null);

/// <summary>What the model of an epoch's end, as it would be evaluated, does on the held-out training images.</summary>
/// <param name="CleanAccuracy">[0, 1].</param>
/// <param name="RobustAccuracy">Under PGD on the margin, [0, 1].</param>
/// <param name="Seconds">What it took; not part of the epoch's own.</param>
[GenerateSerializer, Immutable, Alias("afa.epoch-validation")]
public sealed record EpochValidation(
    [property: Id(0)] double CleanAccuracy, [property: Id(1)] double RobustAccuracy, [property: Id(2)] int Images, [property: Id(3)] double Seconds);
