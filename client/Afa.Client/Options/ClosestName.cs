namespace Afa.Client.Options;

/// <summary>Finds what a user may have meant.</summary>
internal static class ClosestName
{
    /// <summary>As <see cref="EditDistance.Closest"/>.</summary>
    public static string? Find(string text, IEnumerable<string> known) => EditDistance.Closest(text, known);

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
}
