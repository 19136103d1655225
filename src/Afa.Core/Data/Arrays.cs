namespace Afa.Data;

internal static class Arrays
{
    /// <summary>Copies arrays behind each other.</summary>
    /// <exception cref="ArgumentException">Together they are longer than an array can be.</exception>
    public static T[] Join<T>(IEnumerable<T[]> parts)
    {
        var all = parts.ToList();
        var length = all.Sum(part => (long)part.Length);
        if (length > Array.MaxLength)
        {
            throw new ArgumentException($"{all.Count} arrays have {length} values together, but an array holds at most {Array.MaxLength}.", nameof(parts));
        }

        var joined = new T[length];
        var position = 0;
        foreach (var part in all)
        {
            part.CopyTo(joined, position);
            position += part.Length;
        }

        return joined;
    }
}
