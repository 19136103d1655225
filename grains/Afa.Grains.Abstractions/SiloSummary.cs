namespace Afa.Grains;

/// <summary>One silo and its device slots.</summary>
/// <param name="Silo">Address and generation, such as "10.0.0.5:11111@144".</param>
/// <param name="Devices">Null if the silo did not answer.</param>
[GenerateSerializer, Immutable, Alias("afa.silo-summary")]
public sealed record SiloSummary([property: Id(0)] string Silo, [property: Id(1)] DeviceSummary? Devices);

/// <summary>The device slots of a silo.</summary>
/// <param name="Slots">How many pieces of tensor work should run at once.</param>
/// <param name="Leased">Slots that belong to a trainer or an evaluator, at work or not; more than <paramref name="Slots"/> where one stands in for a silo that was lost.</param>
/// <param name="Busy">Slots at work now.</param>
/// <param name="QueueLength">Pieces of work that wait for their slot.</param>
/// <param name="IsLeaving">Whether the silo is about to end and so takes up no work.</param>
[GenerateSerializer, Immutable, Alias("afa.device-summary")]
public sealed record DeviceSummary(
    [property: Id(0)] int Slots, [property: Id(1)] int Leased, [property: Id(2)] int Busy, [property: Id(3)] int QueueLength, [property: Id(4)] bool IsLeaving);
