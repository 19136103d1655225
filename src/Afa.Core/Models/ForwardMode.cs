using static TorchSharp.torch;

namespace Afa.Models;

/// <summary>How the layers of one network compute at present. They share it, as a mode belongs to the network and not to a layer.</summary>
internal sealed class ForwardMode
{
    /// <summary>Type in which convolutions and linear layers compute; null: that of their weights.</summary>
    public ScalarType? ComputeType { get; set; }

    /// <summary>Whether batch norm in training mode moves its running statistics.</summary>
    public bool TracksStatistics { get; set; } = true;

    /// <summary>Whether batch norm uses its auxiliary set, that of clean images.</summary>
    public bool UsesAuxiliary { get; set; }

    /// <summary>Joins the statistics of batch norm in training mode over the replicas; null: each replica has its own.</summary>
    public ReplicaStatistics? Replicas { get; set; }
}
