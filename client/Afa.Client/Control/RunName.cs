using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Afa.Client.Control;

/// <summary>Makes names of runs and evaluations, as <see cref="Afa.Grains.WorkName"/> allows them.</summary>
internal static class RunName
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
}
