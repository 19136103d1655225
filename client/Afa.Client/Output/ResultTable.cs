using Afa.Attacks;
using Afa.Client.Control;
using Afa.Evaluation;

namespace Afa.Client.Output;

/// <summary>Shows the outcome of an evaluation: one result in full, several side by side.</summary>
internal static class ResultTable
{
    public static void Write(ClientOutput output, EvaluationDocument document)
    {
        output.Text.WriteLine();
        if (document.Results is [var only])
        {
            WriteOne(output, only);
        }
        else
        {
            WriteAll(output, document.Results);
        }

        foreach (var result in document.Results)
        {
            var subject = document.Results.Count == 1 ? "" : $"{CheckpointName.Short(result.Checkpoint)} at epsilon {result.Epsilon}: ";
            foreach (var warning in result.Warnings)
            {
                output.WriteWarning($"{subject}{warning}");
            }
        }
    }

    private static string WithInterval(AttackResult attack) => $"{StatusText.Fraction(attack.Accuracy)} ({Interval(attack)})";

    private static void WriteOne(ClientOutput output, EvaluationResult result)
    {
        output.Text.WriteLine(
            $"{result.Checkpoint} on {result.Images} {result.Split} images of {result.Dataset}, {result.Norm}, epsilon {result.Epsilon}, seed {result.Seed}");
        var hasDistances = result.Attacks.Any(attack => attack.MedianDistance is not null);
        string[] headers = ["Attack", "Accuracy", "95 % interval", "Correct", "Worst class", "Time"];
        output.WriteTable(hasDistances ? [.. headers, "Median distance"] : headers, [.. result.Attacks.SelectMany(attack => Rows(attack, hasDistances))]);
    }

    private static IEnumerable<IReadOnlyList<string>> Rows(AttackResult attack, bool hasDistances)
    {
        yield return Row(
            hasDistances,
            CheckpointName.Short(attack.Attack),
            StatusText.Fraction(attack.Accuracy),
            Interval(attack),
            $"{attack.Correct}/{attack.Total}",
            attack.WorstClass is { } worst ? $"{worst.Name} {StatusText.Fraction(worst.Accuracy)}" : "-",
            Seconds(attack.Seconds),
            attack.MedianDistance is { } distance ? StatusText.Number(distance, "0.####") : "-");
        foreach (var stage in attack.Stages)
        {
            var accuracy = attack.Total == 0 ? 0 : (double)stage.Correct / attack.Total;
            yield return Row(hasDistances, $"  after {CheckpointName.Short(stage.Attack)}", StatusText.Fraction(accuracy), "", $"{stage.Correct}/{attack.Total}", "", Seconds(stage.Seconds), "");
        }
    }

    private static IReadOnlyList<string> Row(bool hasDistances, params IReadOnlyList<string> cells) => hasDistances ? cells : [.. cells.SkipLast(1)];

    /// <summary>The best in the worst case first, for each radius.</summary>
    private static void WriteAll(ClientOutput output, IReadOnlyList<EvaluationResult> results)
    {
        var first = results[0];
        output.Text.WriteLine($"{StatusText.Count(results.Select(result => result.Checkpoint).Distinct().Count(), "checkpoint")} on {first.Images} {first.Split} images of {first.Dataset}, {first.Norm}, seed {first.Seed}");
        var attacks = first.Attacks.Where(attack => attack.Kind != AttackKind.Corruption && attack.Attack != RobustAccuracy.WorstCase).Select(attack => attack.Attack).ToList();
        var hasCorruptions = first.Attacks.Any(attack => attack.Kind == AttackKind.Corruption);
        output.WriteTable(
            ["Checkpoint", "Epsilon", .. attacks.Select(CheckpointName.Short), .. hasCorruptions ? ["corruptions (mean)"] : Array.Empty<string>(), "worst case (95 % interval)"],
            [.. results.GroupBy(result => result.Epsilon).SelectMany(group => group.OrderByDescending(result => Worst(result).Accuracy)).Select(result => (IReadOnlyList<string>)
            [
                CheckpointName.Short(result.Checkpoint),
                result.Epsilon,
                .. attacks.Select(attack => StatusText.Fraction(result.Find(attack)?.Accuracy)),
                .. hasCorruptions ? [StatusText.Fraction(result.Attacks.Where(attack => attack.Kind == AttackKind.Corruption).Average(attack => attack.Accuracy))] : Array.Empty<string>(),
                WithInterval(Worst(result)),
            ])]);
    }

    private static AttackResult Worst(EvaluationResult result) => result.Find(RobustAccuracy.WorstCase) ?? result.Attacks[^1];

    private static string Interval(AttackResult attack) => $"{StatusText.Fraction(attack.Low)} to {StatusText.Fraction(attack.High)}";

    private static string Seconds(double seconds) => $"{StatusText.Number(seconds, "0.0")} s";
}
