namespace Afa.Silo;

/// <summary>What silos and clients of a cluster agree on.</summary>
internal static class ClusterConnection
{
    /// <summary>Connections between two processes. With one, a small call waits for slices of 4 MiB: measured in the median 87 ms, with four 3.9 ms.</summary>
    public const int PerEndpoint = 4;

    /// <summary>
    /// Largest message: room for the weights of an imported or exported WideResNet-28-10, 146 MB. What trainers send is cut into slices of
    /// 4 MiB. Orleans drops the connection over a larger message, so whoever sends one checks its size before.
    /// </summary>
    public const int MaxMessageSizeInBytes = 512 << 20;
}
