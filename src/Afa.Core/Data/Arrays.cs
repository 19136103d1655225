namespace Afa.Data;

internal static class Arrays
{
    /// <summary>Copies arrays behind each other.</summary>
    public static T[] Join<T>(IEnumerable<T[]> parts)
    {
        var all = parts.ToList();
        var joined = new T[all.Sum(part => part.Length)];
        var position = 0;
        foreach (var part in all)
        {
            part.CopyTo(joined, position);
            position += part.Length;
        }

        return joined;
    }
}
