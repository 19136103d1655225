using System.Xml.Linq;
using Afa.Evaluation;
using Afa.Grains;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>Evaluations, one a row.</summary>
internal static class EvaluationTable
{
    private const int MostNames = 3;

    private static readonly Column[] s_columns =
    [
        new("Evaluation"), new("State"), new("Checkpoints", IsExtra: true), new("Attacks", IsExtra: true), new("Progress"), new("Images/s", IsFigure: true, IsExtra: true),
        new("Time left", IsFigure: true, IsExtra: true), new("Clean", IsFigure: true, IsExtra: true), new("Worst case", IsFigure: true), new("Created", IsExtra: true),
    ];

    public static XElement Create(IEnumerable<EvaluationStatus> evaluations, ClusterView view) => Tables.Create(
        "evaluations",
        "Evaluations: share of images that are right, so far where the work is not done",
        s_columns,
        evaluations.Select(evaluation =>
        {
            var (clean, worst) = Accuracies(evaluation, view);
            return new Row(
                evaluation.Evaluation,
                PageLinks.ToEvaluation(evaluation.Evaluation),
                Progress.State(evaluation.State),
                Checkpoints(evaluation, view),
                First(OptionText.FindAll(evaluation.OptionsJson, "attacks")),
                new[] { Progress.Bar(evaluation.Share, $"Progress of {evaluation.Evaluation}"), Tag("span", Class("detail"), Position(evaluation)) },
                PageText.Rate(evaluation.ImagesPerSecond),
                PageText.Duration(evaluation.TimeLeft),
                clean,
                worst,
                PageText.Ago(evaluation.CreatedAt, view.ReadAt));
        }));

    /// <summary>Such as "120/500 images".</summary>
    public static string Position(EvaluationStatus evaluation) => evaluation.Images == 0
        ? Progress.IsAtWork(evaluation.State) ? "reading data, loading models" : ""
        : $"{evaluation.ImagesDone}/{PageText.Count(evaluation.Images, "image")}";

    private static object Checkpoints(EvaluationStatus evaluation, ClusterView view) => OptionText.FindAll(evaluation.OptionsJson, "checkpoints") switch
    {
        [] => PageText.None,
        [var only] => PageLinks.ToCheckpoint(only, view),
        var several => PageText.Count(several.Count, "checkpoint"),
    };

    private static (string Clean, string Worst) Accuracies(EvaluationStatus evaluation, ClusterView view)
    {
        if (!view.Results.TryGetValue(evaluation.Evaluation, out var document))
        {
            var attacks = evaluation.Standing.Where(attack => attack is { Started: > 0, Attack: not RobustAccuracy.Clean }).ToList();
            return (PageText.Fraction(Share(evaluation.Standing.FirstOrDefault(attack => attack.Attack == RobustAccuracy.Clean))), PageText.Fraction(attacks.Min(Share)));
        }

        return document.Results is [var only]
            ? (PageText.Fraction(only.Find(RobustAccuracy.Clean)?.Accuracy), PageText.Fraction(only.Find(RobustAccuracy.WorstCase)?.Accuracy))
            : (PageText.None, PageText.Count(document.Results.Count, "result"));
    }

    private static double? Share(AttackStanding? attack) => attack is { Started: > 0 } ? (double)attack.Standing / attack.Started : null;

    private static string First(IReadOnlyList<string> names) => names.Count == 0
        ? RobustAccuracy.Clean
        : string.Join(", ", names.Take(MostNames).Select(PageText.Checkpoint)) + (names.Count > MostNames ? $" and {names.Count - MostNames} more" : "");
}
