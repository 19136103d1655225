namespace Afa.Data;

/// <summary>One file that the publisher of a data set offers: a data file, or a <c>.tar.gz</c> archive of them.</summary>
/// <param name="Url">Where it is published.</param>
/// <param name="Md5">Published MD5, lower-case hex.</param>
/// <param name="MaximumBytes">Largest size accepted, in bytes.</param>
public sealed record DatasetDownload(Uri Url, string Md5, long MaximumBytes)
{
    /// <summary>Last part of the address.</summary>
    public string FileName => Url.Segments[^1];

    /// <summary>Whether the data files are packed in an archive.</summary>
    public bool IsArchive => FileName.EndsWith(".tar.gz", StringComparison.Ordinal);
}
