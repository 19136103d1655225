namespace Afa.Silo.Api;

/// <summary>What silo and client agree on about the size of checkpoints that are sent.</summary>
public static class CheckpointLimits
{
    /// <summary>Largest import: it travels on to a grain in one message.</summary>
    public const int MaxWeightsSizeInBytes = ClusterConnection.MaxMessageSizeInBytes;
}
