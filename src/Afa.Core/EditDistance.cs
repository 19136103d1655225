namespace Afa;

/// <summary>Compares names as people mistype them.</summary>
public static class EditDistance
{
    /// <summary>Returns the known name with the fewest single-character edits, about a third of the text's length at most; else null.</summary>
    public static string? Closest(string text, IEnumerable<string> known)
    {
        var limit = text.Length < 4 ? 1 : Math.Max(2, text.Length / 3);
        return known
            .Select(name => (Name: name, Edits: Between(text, name)))
            .Where(candidate => candidate.Edits <= limit)
            .OrderBy(candidate => candidate.Edits)
            .Select(candidate => candidate.Name)
            .FirstOrDefault();
    }

    /// <summary>Levenshtein distance, ignoring case.</summary>
    private static int Between(string left, string right)
    {
        if (left.Length > 100)
        {
            return int.MaxValue;
        }

        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        foreach (var (i, letter) in left.Index())
        {
            var diagonal = row[0];
            row[0] = i + 1;
            for (var j = 0; j < right.Length; j++)
            {
                var replaced = diagonal + (char.ToLowerInvariant(letter) == char.ToLowerInvariant(right[j]) ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(replaced, Math.Min(row[j], diagonal) + 1);
            }
        }

        return row[^1];
    }
}
