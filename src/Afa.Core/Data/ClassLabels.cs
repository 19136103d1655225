namespace Afa.Data;

/// <summary>Labels as the bytes that they are stored in.</summary>
internal static class ClassLabels
{
    /// <summary>Position of the first label that is not the number of a class; −1 if there is none.</summary>
    /// <param name="classes">From 1 on. With 256, every byte is the number of a class.</param>
    public static int IndexOfNoClass(ReadOnlySpan<byte> labels, int classes) => classes > byte.MaxValue ? -1 : labels.IndexOfAnyInRange((byte)classes, byte.MaxValue);
}
