using Afa.Evaluation;

namespace Afa.Client.Output;

/// <summary>Shows the outcome of an evaluation.</summary>
internal static class ResultTable
{
    public static void Write(ClientOutput output, EvaluationResult result)
    {
        output.Text.WriteLine();
        output.Text.WriteLine(
            $"{result.Checkpoint} on {result.Images} {result.Split} images of {result.Dataset}, {result.Norm}, epsilon {result.Epsilon}, seed {result.Seed}");
        output.WriteTable(
            ["Attack", "Accuracy", "95 % interval", "Correct", "Worst class", "Time"],
            [.. result.Attacks.Select(Row)]);
    }

    private static IReadOnlyList<string> Row(AttackResult attack) =>
    [
        attack.Attack,
        StatusText.Fraction(attack.Accuracy),
        $"{StatusText.Fraction(attack.Low)} to {StatusText.Fraction(attack.High)}",
        $"{attack.Correct}/{attack.Total}",
        attack.WorstClass is { } worst ? $"{worst.Name} {StatusText.Fraction(worst.Accuracy)}" : "-",
        $"{StatusText.Number(attack.Seconds, "0.0")} s",
    ];
}
