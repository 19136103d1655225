namespace Afa.Checkpoints;

/// <summary>A blob is no longer the one that the caller has read, so it was not overwritten.</summary>
public sealed class BlobChangedException(string name, string? expectedETag, string? foundETag) : Exception(
    $"Blob '{name}' was to be {Describe(expectedETag)} but is {Describe(foundETag)}: another writer came first. " +
    "Nothing was written; read the blob again and decide anew.")
{
    /// <summary>Name of the blob.</summary>
    public string Name { get; } = name;

    private static string Describe(string? eTag) => eTag is null ? "absent" : $"version {eTag}";
}
