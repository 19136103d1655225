namespace Afa.Data;

/// <summary>How far a download is.</summary>
/// <param name="FileName">The file that is being received.</param>
/// <param name="ReceivedBytes">Bytes of it so far.</param>
/// <param name="TotalBytes">Its size in bytes, or null if the server did not say.</param>
public readonly record struct DownloadProgress(string FileName, long ReceivedBytes, long? TotalBytes);
