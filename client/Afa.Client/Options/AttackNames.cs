using Afa.Attacks;
using Afa.Data;
using Afa.Evaluation;

namespace Afa.Client.Options;

/// <summary>Attacks as users name them on the command line.</summary>
internal static class AttackNames
{
    private const string TransferPrefix = "transfer:";

    private static readonly char[] s_separators = [',', ' '];

    /// <summary>Every name that stands for itself.</summary>
    private static readonly IReadOnlyList<string> s_known =
        [.. AutoAttack.Versions.Select(version => version.Name), .. AttackRegistry.All.Select(attack => attack.Name), AttackRegistry.AllCorruptions, .. AttackRegistry.CorruptionNames];

    /// <summary>Splits lists of names. "clean" is always evaluated: alone, it asks for no attack.</summary>
    public static IReadOnlyList<string> Split(IEnumerable<string> given, List<string> problems)
    {
        var names = given.SelectMany(text => text.Split(s_separators, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct().ToList();
        if (names.Count == 0)
        {
            problems.Add("--attack: needs at least one name, such as autoattack; 'clean' alone runs no attack.");
        }

        names.Remove("clean");
        problems.AddRange(names.Select(Problem).OfType<string>());
        return names;
    }

    /// <summary>What the transfer attacks of a cascade name.</summary>
    public static IEnumerable<string> Sources(string attack) =>
        attack.Split('+').Where(part => part.StartsWith(TransferPrefix, StringComparison.Ordinal)).Select(part => part[TransferPrefix.Length..]);

    /// <summary>Replaces what transfer attacks name by something else.</summary>
    public static async Task<string> MapTransfersAsync(string attack, Func<string, Task<string>> map)
    {
        var parts = new List<string>();
        foreach (var part in attack.Split('+'))
        {
            parts.Add(part.StartsWith(TransferPrefix, StringComparison.Ordinal) ? $"{TransferPrefix}{await map(part[TransferPrefix.Length..])}" : part);
        }

        return string.Join('+', parts);
    }

    /// <summary>What the data says against attacks: found now, not after hours of training.</summary>
    /// <param name="attacks">Known ones.</param>
    public static IEnumerable<string> FitProblems(string dataset, IEnumerable<string> attacks, AttackNorm norm) =>
        DatasetRegistry.Problem(dataset, out var description) is { } problem
            ? [problem]
            : AttackFit.Problems(AttackCascade.Parse(AttackFit.Expand(attacks, description!), norm), description!);

    private static string? Problem(string name) =>
        IsGroup(name) ? null : name.Split('+').Select(part => PartProblem(part, name)).FirstOrDefault(problem => problem is not null);

    private static string? PartProblem(string part, string name)
    {
        if (IsGroup(part))
        {
            return $"'{part}' stands for several attacks and cannot be a part of '{name}'; name it on its own.";
        }

        try
        {
            _ = AttackRegistry.Get(part);
            return null;
        }
        catch (ArgumentException)
        {
            var hint = ClosestName.Find(part, s_known) is { } closest ? $" Did you mean '{closest}'?" : "";
            return $"Unknown attack '{part}'.{hint} 'afa attacks' lists them.";
        }
    }

    private static bool IsGroup(string name) => AutoAttack.IsVersion(name) || name == AttackRegistry.AllCorruptions;
}
