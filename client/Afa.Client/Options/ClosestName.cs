namespace Afa.Client.Options;

/// <summary>Finds what a user may have meant.</summary>
internal static class ClosestName
{
    /// <summary>Returns the known name with the fewest single-character edits, about a third of the text's length at most; else null.</summary>
    public static string? Find(string text, IEnumerable<string> known)
    {
        var limit = text.Length < 4 ? 1 : Math.Max(2, text.Length / 3);
        return known
            .Select(name => (Name: name, Edits: Edits(text, name)))
            .Where(candidate => candidate.Edits <= limit)
            .OrderBy(candidate => candidate.Edits)
            .Select(candidate => candidate.Name)
            .FirstOrDefault();
    }

    /// <summary>Refuses a name that is not known.</summary>
    /// <param name="what">What is named, such as "model".</param>
    /// <exception cref="UsageException">The name is not known; the message lists the known ones.</exception>
    public static void Require(string what, string name, IReadOnlyCollection<string> known)
    {
        if (!known.Contains(name))
        {
            throw Unknown(what, name, known);
        }
    }

    /// <summary>The error for a name that is not known, which lists those that are.</summary>
    public static UsageException Unknown(string what, string name, IReadOnlyCollection<string> known)
    {
        var hint = Find(name, known) is { } closest ? $" Did you mean '{closest}'?" : "";
        return new($"Unknown {what} '{name}'.{hint} Known: {(known.Count == 0 ? "none" : string.Join(", ", known))}.");
    }

    /// <summary>Levenshtein distance, ignoring case.</summary>
    private static int Edits(string left, string right)
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
