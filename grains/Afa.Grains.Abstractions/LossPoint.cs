namespace Afa.Grains;

/// <summary>Loss of some steps of a run in a row.</summary>
/// <param name="Step">Steps finished at the last of them, over all phases.</param>
/// <param name="Loss">Mean. Losses of different phases are of different kinds.</param>
[GenerateSerializer, Immutable, Alias("afa.loss-point")]
public sealed record LossPoint([property: Id(0)] long Step, [property: Id(1)] string Phase, [property: Id(2)] double Loss);
