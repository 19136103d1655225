using Afa.Compute;
using Afa.Storage;

namespace Afa.Silo;

/// <summary>Settings of a silo inside the client's process.</summary>
public sealed record EmbeddedSiloOptions
{
    /// <summary>Where checkpoints, results and the state of runs lie, as <see cref="StoreLocation"/> takes it; created if it is missing.</summary>
    public required string Store { get; init; }

    /// <summary>What tensor work runs on.</summary>
    public DeviceSlots DeviceSlots { get; init; } = DeviceSlots.EveryCore;

    /// <summary>Port on loopback where /metrics is served; null: nowhere.</summary>
    public int? MetricsPort { get; init; }
}
