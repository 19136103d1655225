namespace Afa.Data;

/// <summary>A file inside a zip file.</summary>
/// <param name="Start">Where its bytes begin in the zip file.</param>
/// <param name="PackedLength">Bytes that it takes there.</param>
/// <param name="Length">Bytes of the file itself.</param>
/// <param name="IsPacked">Whether it is deflated; else its bytes stand as they are.</param>
/// <param name="Crc32">Checksum of the file itself.</param>
internal sealed record ZipEntry(string Name, long Start, long PackedLength, long Length, bool IsPacked, uint Crc32);
