using System.Globalization;
using Afa.Attacks;
using Afa.Evaluation;
using static Afa.Client.Reports.ReportText;

namespace Afa.Client.Reports;

/// <summary>What the reports say about one evaluated checkpoint in tables.</summary>
internal static class EvaluationTables
{
    public static IEnumerable<ReportTable> All(EvaluationResult result) =>
        [Attacks(result), CorruptionAccuracy.Table(result.Attacks), Classes(result), Facts(result)];

    /// <summary>The stages of a cascade follow it, each with what still stood after it.</summary>
    public static ReportTable Attacks(EvaluationResult result)
    {
        var attacks = InBall(result);
        var hasDistances = attacks.Any(attack => attack.MedianDistance is not null);
        return new(
            "Accuracy under attack",
            ["Attack", "Accuracy", "95 % interval", "Correct", "Worst class", .. Distance(hasDistances, "Median distance"), "Device seconds"],
            [.. attacks.SelectMany(attack => Stages(attack, hasDistances).Prepend(
            [
                attack.Attack,
                Fraction(attack.Accuracy),
                Interval(attack.Low, attack.High),
                $"{attack.Correct} / {attack.Total}",
                WorstClass(attack),
                .. Distance(hasDistances, Number(attack.MedianDistance, "G3")),
                Seconds(attack.Seconds),
            ]))]);
    }

    public static ReportTable Classes(EvaluationResult result)
    {
        var attacks = InBall(result);
        var classes = attacks.Count == 0 ? [] : attacks[0].Classes;
        return new(
            "Accuracy of each class",
            ["Class", "Images", .. attacks.Select(attack => attack.Attack)],
            [.. classes.Select((c, index) => new[] { c.Name, Whole(c.Total) }
                .Concat(attacks.Select(attack => AccuracyOfClass(attack, index)))
                .ToArray())]);
    }

    public static ReportTable Facts(EvaluationResult result) => ReportTable.Facts(
        "Evaluation",
        ("Checkpoint", result.Checkpoint),
        ("Model", result.Model),
        ("Data set", result.Dataset),
        ("Split", result.Split),
        ("Images", Whole(result.Images)),
        ("Norm", result.Norm),
        ("Epsilon", result.Epsilon),
        ("Seed", result.Seed.ToString(CultureInfo.InvariantCulture)),
        ("Environment", result.Environment),
        ("Device time", Duration(TimeSpan.FromSeconds(result.Seconds))),
        ("Written", Time(result.CreatedAt)));

    public static string WorstClass(AttackResult attack) => attack.WorstClass is { } worst ? $"{worst.Name} ({Fraction(worst.Accuracy)})" : "–";

    /// <summary>All but the corruptions, which have a table of their own.</summary>
    public static IReadOnlyList<AttackResult> InBall(EvaluationResult result) => [.. result.Attacks.Where(attack => attack.Kind != AttackKind.Corruption)];

    private static IEnumerable<IReadOnlyList<string>> Stages(AttackResult attack, bool hasDistances) => attack.Stages.Select(stage =>
    {
        var (low, high) = WilsonInterval.Of(Math.Clamp(stage.Correct, 0, attack.Total), attack.Total);
        return (IReadOnlyList<string>)
        [
            $"↳ {stage.Attack}",
            attack.Total == 0 ? "–" : Fraction((double)stage.Correct / attack.Total),
            Interval(low, high),
            $"{stage.Correct} / {attack.Total}",
            "–",
            .. Distance(hasDistances, "–"),
            Seconds(stage.Seconds),
        ];
    });

    private static string[] Distance(bool isShown, string cell) => isShown ? [cell] : [];

    private static string AccuracyOfClass(AttackResult attack, int index) =>
        index < attack.Classes.Count && attack.Classes[index].Total > 0 ? Fraction(attack.Classes[index].Accuracy) : "–";
}
