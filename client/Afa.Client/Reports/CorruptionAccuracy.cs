using System.Globalization;
using System.Text.RegularExpressions;
using Afa.Attacks;
using Afa.Evaluation;
using static Afa.Client.Reports.ReportText;

namespace Afa.Client.Reports;

/// <summary>Accuracy under corruptions such as fog: what there is of kinds and severities, with means.</summary>
internal static partial class CorruptionAccuracy
{
    /// <summary>Mean accuracy over all corruptions that ran, each weighing the same, as RobustBench has it; null if none ran.</summary>
    public static double? Mean(IEnumerable<AttackResult> attacks)
    {
        var accuracies = Of(attacks).Select(corruption => corruption.Accuracy).ToList();
        return accuracies.Count == 0 ? null : accuracies.Average();
    }

    /// <summary>One row for each kind, one column for each severity; without rows if no corruption ran.</summary>
    public static ReportTable Table(IEnumerable<AttackResult> attacks)
    {
        var corruptions = Of(attacks);
        var severities = corruptions.Select(corruption => corruption.Severity).Where(severity => severity > 0).Distinct().Order().ToList();
        var rows = corruptions.GroupBy(corruption => corruption.Kind)
            .Select(kind => Row(kind.Key, [.. kind], severities))
            .ToList();
        if (rows.Count > 1)
        {
            rows.Add(Row("mean", corruptions, severities));
        }

        return new(
            "Accuracy under corruptions",
            ["Corruption", .. severities.Select(severity => string.Create(CultureInfo.InvariantCulture, $"severity {severity}")), "mean"],
            rows);
    }

    private static string[] Row(string name, List<(string Kind, int Severity, double Accuracy)> corruptions, List<int> severities) =>
        [name, .. severities.Select(severity => Average(corruptions.Where(corruption => corruption.Severity == severity))), Average(corruptions)];

    private static string Average(IEnumerable<(string Kind, int Severity, double Accuracy)> corruptions) =>
        Fraction(corruptions.Select(corruption => (double?)corruption.Accuracy).Average());

    /// <summary>A severity of 0: the name says none.</summary>
    private static List<(string Kind, int Severity, double Accuracy)> Of(IEnumerable<AttackResult> attacks) =>
        [.. attacks.Where(attack => attack.Kind == AttackKind.Corruption).Select(attack => SeverityName().Match(attack.Attack) is { Success: true } name
            ? (name.Groups["kind"].Value, name.Groups["severity"].Value[0] - '0', attack.Accuracy)
            : (attack.Attack, 0, attack.Accuracy))];

    [GeneratedRegex("^(?<kind>[a-z-]+)-(?<severity>[1-9])$")]
    private static partial Regex SeverityName();
}
