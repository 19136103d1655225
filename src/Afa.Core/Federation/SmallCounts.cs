namespace Afa.Federation;

/// <summary>Which counts of classes may leave a silo: primary and complementary suppression, as statistical offices use them.</summary>
public static class SmallCounts
{
    /// <summary>The counts of images by class that may leave a silo; null where one may not.</summary>
    /// <param name="images">Images of each class.</param>
    /// <param name="minimum">A count of fewer images is kept back.</param>
    public static IReadOnlyList<int?> Told(IReadOnlyList<int> images, int minimum) =>
        [.. Shown(images, minimum).Zip(images, (isShown, count) => isShown ? count : (int?)null)];

    /// <summary>Says which classes may be told.</summary>
    /// <param name="images">Images of each class.</param>
    /// <param name="minimum">A count of fewer images is kept back.</param>
    /// <returns>
    /// Whether each class has at least the minimum. As the total is told too, the classes kept back must have the minimum together, or what is left
    /// over tells of them: the smallest of the others are then kept back with them.
    /// </returns>
    public static bool[] Shown(IReadOnlyList<int> images, int minimum)
    {
        bool[] shown = [.. images.Select(count => count >= minimum)];
        var hidden = images.Where(count => count < minimum).Sum();
        foreach (var label in Enumerable.Range(0, images.Count).Where(label => shown[label]).OrderBy(label => images[label]))
        {
            if (hidden == 0 || hidden >= minimum)
            {
                break;
            }

            shown[label] = false;
            hidden += images[label];
        }

        return shown;
    }
}
