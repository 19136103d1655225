namespace Afa.Models;

/// <summary>A rectangle of pixels.</summary>
internal readonly record struct ImageWindow(int Top, int Left, int Height, int Width)
{
    public int Area => Height * Width;
}
