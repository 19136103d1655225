using System.Globalization;
using Afa.Attacks;
using Afa.Evaluation;

namespace Afa.Client.Reports;

/// <summary>The claims for RobustBench that an evaluation supports, each with the name of its file.</summary>
internal static class ClaimFiles
{
    private const int LongestName = 150;
    private const string Standard = "autoattack";

    /// <summary>One claim for each result under AutoAttack, and one for each checkpoint under corruptions.</summary>
    public static IEnumerable<(string Name, RobustBenchClaim Claim)> Create(EvaluationDocument evaluation)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var result in evaluation.Results)
        {
            // The standard version comes first: it is the one that RobustBench compares by.
            if (AutoAttack.Versions.Select(version => result.Find(version.Name)).FirstOrDefault(attack => attack is not null) is { } attack)
            {
                yield return (FileName(names, $"{result.Checkpoint}-{result.Norm}-{result.Epsilon}"), OfAutoAttack(result, attack));
            }
        }

        foreach (var result in evaluation.Results.DistinctBy(result => result.Checkpoint))
        {
            if (CorruptionAccuracy.Mean(result.Attacks) is { } accuracy)
            {
                yield return (FileName(names, $"{result.Checkpoint}-corruptions"), OfCorruptions(result, accuracy));
            }
        }
    }

    private static RobustBenchClaim OfAutoAttack(EvaluationResult result, AttackResult attack) => Base(result) with
    {
        ThreatModel = result.Norm switch { "linf" => "Linf", "l2" => "L2", "l1" => "L1", _ => result.Norm },
        Eps = result.Epsilon,
        Reported = Percent(attack.Accuracy),
        AutoattackAcc = Percent(attack.Accuracy),
        AutoattackVersion = attack.Attack == Standard ? "standard" : attack.Attack[(Standard.Length + 1)..],
    };

    private static RobustBenchClaim OfCorruptions(EvaluationResult result, double accuracy) => Base(result) with
    {
        Reported = Percent(accuracy),
        CorruptionsAcc = Percent(accuracy),
        Footnote = $"Mean over {result.Attacks.Count(attack => attack.Kind == AttackKind.Corruption)} corruptions made by AFA, not read from the files that RobustBench uses.",
    };

    private static RobustBenchClaim Base(EvaluationResult result) => new()
    {
        Dataset = result.Dataset.Replace("cifar-", "cifar", StringComparison.Ordinal),
        Architecture = result.Model,
        ThreatModel = "corruptions",
        Eps = null,
        CleanAcc = Percent(result.Find(RobustAccuracy.Clean)?.Accuracy),
        Reported = "",
        Unreliable = result.Warnings.Count > 0,
        Checkpoint = result.Checkpoint,
        NExamples = result.Images,
        Split = result.Split,
        Seed = result.Seed,
        Environment = result.Environment,
        EvaluatedAt = result.CreatedAt,
        Warnings = result.Warnings,
    };

    private static string Percent(double? accuracy) => (100 * (accuracy ?? 0)).ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>Letters, digits, points and hyphens only, not taken yet.</summary>
    private static string FileName(HashSet<string> taken, string name)
    {
        var safe = string.Concat(name.Take(LongestName).Select(c => char.IsAsciiLetterOrDigit(c) || c == '.' ? c : '-'));
        var free = $"claim-{safe}.json";
        for (var number = 2; !taken.Add(free); number++)
        {
            free = $"claim-{safe}-{number}.json";
        }

        return free;
    }
}
