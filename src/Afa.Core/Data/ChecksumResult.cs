namespace Afa.Data;

/// <summary>How a file compares with the published one.</summary>
public enum ChecksumResult
{
    /// <summary>Its MD5 is that of a published file.</summary>
    Official,

    /// <summary>Its MD5 is that of no published file: it was changed, cut down or packed anew.</summary>
    Different,

    /// <summary>No MD5 of this file is published.</summary>
    NotPublished,
}
