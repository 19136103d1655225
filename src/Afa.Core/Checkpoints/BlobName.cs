using System.Buffers;

namespace Afa.Checkpoints;

/// <summary>
/// The rule for names of blobs and checkpoints: segments of letters, digits, '.', '_' and '-', separated by '/', none of them
/// starting or ending with '.'. Such a name is a relative path on every system and cannot leave the folder that it is put in.
/// </summary>
public static class BlobName
{
    /// <summary>Longest name, in characters. Azure allows 1,024 and a path under Linux 4,096.</summary>
    public const int MaxLength = 900;

    /// <summary>Longest segment, in characters. File systems allow 255.</summary>
    public const int MaxSegmentLength = 200;

    private static readonly SearchValues<char> _allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Whether the name follows the rule.</summary>
    public static bool IsValid(string name) => FindProblem(name) is null;

    /// <summary>Refuses a name that does not follow the rule.</summary>
    /// <exception cref="ArgumentException">The name does not follow the rule; the text says in what.</exception>
    public static void Validate(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (FindProblem(name) is { } problem)
        {
            throw new ArgumentException(
                $"'{Shorten(name)}' cannot be the name of a blob: {problem}. Names are segments of A-Z, a-z, 0-9, '.', '_' and '-', " +
                "separated by '/', such as runs/first/checkpoints/step-00000120.", nameof(name));
        }
    }

    /// <summary>Refuses a prefix that no name can start with.</summary>
    /// <exception cref="ArgumentException">No name can start so.</exception>
    public static void ValidatePrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (prefix.Length > 0 && FindProblem(prefix[^1] is '/' or '.' ? prefix + "x" : prefix) is { } problem)
        {
            throw new ArgumentException($"No blob's name starts with '{Shorten(prefix)}': {problem}.", nameof(prefix));
        }
    }

    private static string? FindProblem(string name)
    {
        if (name.Length is 0 or > MaxLength)
        {
            return $"it has {name.Length} characters, and 1 to {MaxLength} are allowed";
        }

        foreach (var range in name.AsSpan().Split('/'))
        {
            var segment = name.AsSpan(range);
            if (segment.Length is 0 or > MaxSegmentLength)
            {
                return $"a segment has {segment.Length} characters, and 1 to {MaxSegmentLength} are allowed";
            }

            if (segment[0] == '.' || segment[^1] == '.')
            {
                return "a segment starts or ends with '.'";
            }

            if (segment.IndexOfAnyExcept(_allowed) is >= 0 and var position)
            {
                return $"the character U+{(int)segment[position]:X4} is not allowed";
            }
        }

        return null;
    }

    private static string Shorten(string name) => name.Length <= 120 ? name : name[..120] + "…";
}
