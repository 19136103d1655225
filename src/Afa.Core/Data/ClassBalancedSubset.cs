using Afa.Compute;

namespace Afa.Data;

/// <summary>Draws some images of a data set with as equal a share of each class as there is.</summary>
public static class ClassBalancedSubset
{
    /// <summary>Draws without replacement. A smaller subset with the same seed is part of a larger one.</summary>
    /// <param name="labels">Class of each image.</param>
    /// <param name="count">Images to draw, from 1 to all.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <returns>
    /// Indices, ascending. The numbers of images of two classes differ by at most one, unless a class has too few; then it gives all.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is out of range.</exception>
    public static int[] Draw(ReadOnlySpan<byte> labels, int count, ulong seed)
    {
        if (count < 1 || count > labels.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"count must be in [1, {labels.Length}], the images of the data set.");
        }

        var draws = new SeededDraws(Seed.Derive(seed, (ulong)SeedUse.Subset));
        var classes = ClassIndices.Shuffled(labels, draws);

        // Each round takes one image of every class; the order of the classes decides who is in the last, incomplete round.
        int[] order = [.. Enumerable.Range(0, classes.Length)];
        draws.Shuffle(order);

        var chosen = new List<int>(count);
        for (var round = 0; chosen.Count < count; round++)
        {
            var members = order.Where(label => round < classes[label].Length).Select(label => classes[label][round]);
            chosen.AddRange(members.Take(count - chosen.Count));
        }

        chosen.Sort();
        return [.. chosen];
    }
}
