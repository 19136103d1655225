namespace Afa.Data;

/// <summary>Where the parts of a shard file lie, all from its start in bytes; numbers are little-endian.</summary>
/// <remarks>
/// <code>
///  0   8  magic: 89 41 46 41 44 0D 0A 1A
///  8   4  version, 1
/// 12   4  length H of the header
/// 16  16  XxHash128 of the header
/// 32  16  XxHash128 of the tables
/// 48   H  header, JSON in UTF-8
///         zeros up to a multiple of 64
///      N  tables: label of each image, uint8
///     4N          sample id of each image, int32
///    16C          XxHash128 of each chunk of images
///         zeros up to a multiple of 4096
///    N·I pixels of each image, uint8, [channel, height, width]; the file ends with them
/// </code>
/// </remarks>
internal readonly record struct ShardFileLayout(long Labels, long SampleIds, long Checksums, long TablesEnd, long Pixels, long End)
{
    public const int Version = 1;
    public const int PreludeLength = 48;
    public const int MaximumHeaderLength = 1 << 20;
    public const int HashLength = 16;

    private const int TablesAlignment = 64;
    private const int PixelsAlignment = 4096;   // A page, so that an image touches as few of them as can be.

    /// <summary>Like PNG's: bytes that a transfer as text would change.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, 0x41, 0x46, 0x41, 0x44, 0x0D, 0x0A, 0x1A];

    public static ShardFileLayout Of(ShardFileHeader header, int headerLength)
    {
        var labels = Align(PreludeLength + headerLength, TablesAlignment);
        var sampleIds = labels + header.Count;
        var checksums = sampleIds + ((long)header.Count * sizeof(int));
        var tablesEnd = checksums + ((long)header.Chunks() * HashLength);
        var pixels = Align(tablesEnd, PixelsAlignment);
        return new ShardFileLayout(labels, sampleIds, checksums, tablesEnd, pixels, pixels + ((long)header.Count * header.ImageSize()));
    }

    private static long Align(long position, int alignment) => (position + alignment - 1) / alignment * alignment;
}
