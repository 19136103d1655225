using Afa.Compute;
using Afa.Silo;

namespace Afa.Client.Control;

/// <summary>What a command wants to work with: a running cluster, or one of a single silo inside this process.</summary>
internal sealed record SessionRequest
{
    /// <summary>Whether a <see cref="Store"/> names a cluster or a server, not a folder or container.</summary>
    public static bool IsRemoteName(string store) => ClusterAddress.IsName(store) || ServerAddress.IsName(store);

    /// <summary>Full path or address of the store, or the name of the cluster or server, for messages and reports.</summary>
    public required string Store { get; init; }

    /// <summary>A running cluster; null: none.</summary>
    public ClusterAddress? Cluster { get; init; }

    /// <summary>The HTTP API of a running cluster; null: none.</summary>
    public ServerAddress? Server { get; init; }

    /// <summary>Whether the work is done elsewhere, with a store of its own.</summary>
    public bool IsRemote => Cluster is not null || Server is not null;

    /// <summary>Device slots of the silo in this process.</summary>
    public DeviceSlots DeviceSlots { get; init; } = DeviceSlots.EveryCore;

    /// <summary>Port on loopback for the metrics of the silo in this process; null: none.</summary>
    public int? MetricsPort { get; init; }
}
