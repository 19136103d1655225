namespace Afa.Models;

/// <summary>An image that differs from a known one in a window only.</summary>
/// <param name="Slot">Which of a <see cref="LocalForward"/>'s images is the known one.</param>
/// <param name="Image">[channel, height, width], row-major; read inside the window.</param>
internal readonly record struct LocalChange(int Slot, ImageWindow Window, double[] Image);
