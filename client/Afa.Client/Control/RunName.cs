using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Afa.Client.Control;

/// <summary>Names of runs and evaluations, which are also folder names in the store.</summary>
internal static partial class RunName
{
    /// <summary>Appends the time to a name, and a number if that name is taken.</summary>
    public static async Task<string> CreateAsync(string prefix, DateTimeOffset time, Func<string, Task<bool>> isTaken)
    {
        var first = $"{prefix}-{time.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}";
        var name = first;
        for (var i = 2; await isTaken(name); i++)
        {
            name = $"{first}-{i}";
        }

        return name;
    }

    /// <summary>Names the evaluation of a run after what it does, so that one that was interrupted is found and goes on.</summary>
    /// <param name="optionsJson">Everything that decides the result.</param>
    public static string ForEvaluation(string run, string optionsJson) =>
        $"{run}-evaluation-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(optionsJson)))[..8]}";

    /// <summary>Whether an evaluation is named as <see cref="ForEvaluation"/> names those of a run, or as a sweep names that of its trial.</summary>
    public static bool IsEvaluationOf(string run, string evaluation) => evaluation == $"{run}-evaluation" ||
        evaluation.StartsWith($"{run}-evaluation-", StringComparison.Ordinal) && Regex.IsMatch(evaluation[(run.Length + "-evaluation-".Length)..], @"\A[0-9a-f]{8}\z");

    public static bool IsValid(string name) => Allowed().IsMatch(name);

    /// <summary>The error for a name that is not valid.</summary>
    public static string Rule(string name) =>
        $"The name of a run or an evaluation must have 1 to 64 of the characters a-z, 0-9 and '-', first a letter or digit; '{name}' does not fit.";

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,63}\z")]
    private static partial Regex Allowed();
}
