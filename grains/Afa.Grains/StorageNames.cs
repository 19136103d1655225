namespace Afa.Grains;

/// <summary>Names of grain storage providers.</summary>
public static class StorageNames
{
    /// <summary>The blob store that also holds checkpoints.</summary>
    public const string Store = "store";
}
