namespace Afa.Models;

/// <summary>What one layer makes of known images: for each a map [height, width, channel] with a border of zeros, in which windows are replaced.</summary>
/// <param name="border">Width of the border; rows and columns are counted without it, from minus this.</param>
/// <param name="slots">How many images.</param>
internal sealed class ActivationMaps(int height, int width, int channels, int border, int slots)
{
    private readonly float[]?[] _maps = new float[slots][];
    private readonly List<(int Slot, ImageWindow Window, int First)> _windows = [];   // Of the last call of Replace.
    private float[] _replaced = [];                                                   // What these held before.

    public int Height => height;

    public int Width => width;

    public int Channels => channels;

    /// <summary>Pixels that lie side by side in a row of a map.</summary>
    public Span<float> Run(int slot, int row, int column, int pixels)
    {
        var map = _maps[slot] ??= new float[(height + 2 * border) * (width + 2 * border) * channels];
        return map.AsSpan(((row + border) * (width + 2 * border) + column + border) * channels, pixels * channels);
    }

    /// <summary>Writes windows into the maps.</summary>
    /// <param name="values">[pixel of a window, channel], window after window.</param>
    public void Replace(IReadOnlyList<LocalChange> changes, IReadOnlyList<ImageWindow> windows, ReadOnlySpan<float> values)
    {
        _replaced = _replaced.Length < values.Length ? new float[values.Length] : _replaced;
        _windows.Clear();
        var next = 0;
        for (var i = 0; i < windows.Count; i++)
        {
            var window = windows[i];
            _windows.Add((changes[i].Slot, window, next));
            for (var row = window.Top; row < window.Top + window.Height; row++)
            {
                var run = Run(changes[i].Slot, row, window.Left, window.Width);
                run.CopyTo(_replaced.AsSpan(next));
                values.Slice(next, run.Length).CopyTo(run);
                next += run.Length;
            }
        }
    }

    /// <summary>Takes a replacement of the last call back.</summary>
    public void Restore(int change)
    {
        var (slot, window, next) = _windows[change];
        for (var row = window.Top; row < window.Top + window.Height; row++)
        {
            var run = Run(slot, row, window.Left, window.Width);
            _replaced.AsSpan(next, run.Length).CopyTo(run);
            next += run.Length;
        }
    }
}
