namespace Afa.Data;

/// <summary>The images of several files behind each other.</summary>
internal sealed class JoinedPixels : PixelRows
{
    private readonly IReadOnlyList<PixelRows> _parts;
    private readonly int[] _starts;

    /// <param name="parts">At least one, with at least one image each.</param>
    public JoinedPixels(IReadOnlyList<PixelRows> parts)
    {
        _parts = parts;
        _starts = new int[parts.Count];
        for (var part = 0; part < parts.Count; part++)
        {
            _starts[part] = Count;
            Count = checked(Count + parts[part].Count);
        }
    }

    public override int Count { get; }

    public override void Read(int index, Span<byte> target)
    {
        var found = Array.BinarySearch(_starts, index);
        var part = found >= 0 ? found : ~found - 1;   // Without a hit: the last part that starts before the image.
        _parts[part].Read(index - _starts[part], target);
    }
}
