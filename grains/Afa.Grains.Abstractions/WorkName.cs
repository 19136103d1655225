using System.Text.RegularExpressions;

namespace Afa.Grains;

/// <summary>The rule for names of runs, evaluations and sweeps, which are also folder names in the store.</summary>
public static partial class WorkName
{
    public static bool IsValid(string name) => Allowed().IsMatch(name);

    /// <summary>The error for a name that is not valid.</summary>
    public static string Rule(string name) =>
        $"The name of a run or an evaluation must have 1 to 64 of the characters a-z, 0-9 and '-', first a letter or digit; '{name}' does not fit.";

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,63}\z")]
    private static partial Regex Allowed();
}
