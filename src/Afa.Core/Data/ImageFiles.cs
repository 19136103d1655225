namespace Afa.Data;

/// <summary>Images in files of their own, decoded whenever one is read.</summary>
/// <param name="paths">PNG or JPEG files.</param>
/// <param name="isResized">Whether images of another size are scaled instead of refused.</param>
internal sealed class ImageFiles(IReadOnlyList<string> paths, int height, int width, bool isResized) : PixelRows
{
    public override int Count => paths.Count;

    public override void Read(int index, Span<byte> target) => ImageFile.Read(paths[index], height, width, isResized, target);
}
