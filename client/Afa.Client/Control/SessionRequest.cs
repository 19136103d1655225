using Afa.Compute;
using Afa.Silo;

namespace Afa.Client.Control;

/// <summary>What a command wants to work with: a running cluster, or one of a single silo inside this process.</summary>
internal sealed record SessionRequest
{
    /// <summary>Full path or address of the store, or the name of the cluster, for messages and reports.</summary>
    public required string Store { get; init; }

    /// <summary>A running cluster; null: none.</summary>
    public ClusterAddress? Cluster { get; init; }

    /// <summary>Device slots of the silo in this process.</summary>
    public DeviceSlots DeviceSlots { get; init; } = DeviceSlots.EveryCore;

    /// <summary>Port on loopback for the metrics of the silo in this process; null: none.</summary>
    public int? MetricsPort { get; init; }
}
