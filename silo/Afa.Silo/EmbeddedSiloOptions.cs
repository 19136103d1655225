namespace Afa.Silo;

/// <summary>Settings of a silo inside the client's process.</summary>
public sealed record EmbeddedSiloOptions
{
    /// <summary>Folder for checkpoints, results and the state of runs; created if it is missing.</summary>
    public required string StoreDirectory { get; init; }

    /// <summary>Device slots; null: one for each core.</summary>
    public int? DeviceSlots { get; init; }
}
