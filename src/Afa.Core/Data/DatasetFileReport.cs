namespace Afa.Data;

/// <summary>What <see cref="DatasetVerification"/> found about one file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Md5">Its MD5, lower-case hex.</param>
/// <param name="Checksum">How that compares with the published one.</param>
public sealed record DatasetFileReport(string Path, string Md5, ChecksumResult Checksum);
