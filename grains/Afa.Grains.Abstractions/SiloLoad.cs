namespace Afa.Grains;

/// <summary>One silo of the cluster and what it does.</summary>
/// <param name="Address">Such as "127.0.0.1:11111@123456789", where the last number tells a silo from one before it at that port.</param>
/// <param name="Slots">Device slots: pieces of tensor work that should run at once.</param>
/// <param name="Busy">Threads of device slots that are at work now.</param>
/// <param name="QueueLength">Pieces of work that wait for such a thread.</param>
/// <param name="Runs">Training runs in which it has a part.</param>
/// <param name="Owner">The participant of federations whose silo it is; null: nobody's.</param>
[GenerateSerializer, Immutable, Alias("afa.silo-load")]
public sealed record SiloLoad(
    [property: Id(0)] string Address,
    [property: Id(1)] string Name,
    [property: Id(2)] int Slots,
    [property: Id(3)] int Busy,
    [property: Id(4)] int QueueLength,
    [property: Id(5)] IReadOnlyList<string> Runs,
    [property: Id(6)] string? Owner = null);
