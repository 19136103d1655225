using Afa.Compute;

namespace Afa.Data;

internal static class ClassIndices
{
    /// <summary>Lists the images of each class, each list in random order.</summary>
    /// <returns>One list for each label from 0 to the largest; a list may be empty.</returns>
    public static int[][] Shuffled(ReadOnlySpan<byte> labels, SeededDraws draws)
    {
        var lists = new List<int>[byte.MaxValue + 1];
        var classes = 0;
        for (var i = 0; i < labels.Length; i++)
        {
            (lists[labels[i]] ??= []).Add(i);
            classes = Math.Max(classes, labels[i] + 1);
        }

        var shuffled = new int[classes][];
        for (var label = 0; label < classes; label++)
        {
            shuffled[label] = [.. lists[label] ?? []];
            draws.Shuffle(shuffled[label]);
        }

        return shuffled;
    }
}
