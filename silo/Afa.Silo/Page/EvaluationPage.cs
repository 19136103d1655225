using System.Xml.Linq;
using Afa.Attacks;
using Afa.Evaluation;
using Afa.Grains;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>One evaluation: how far it is, then what it has found.</summary>
internal static class EvaluationPage
{
    private const int MostResults = 40;

    private static readonly Column[] s_standing = [new("Attack"), new("Right", IsFigure: true), new("Share", IsFigure: true)];

    private static readonly Column[] s_attacks =
        [new("Attack"), new("Accuracy", IsFigure: true), new("95 % interval", IsFigure: true), new("Correct", IsFigure: true, IsExtra: true), new("Worst class", IsExtra: true), new("Device seconds", IsFigure: true, IsExtra: true)];

    public static string Create(EvaluationStatus evaluation, ClusterView view, PageIdentity identity) => PageFrame.Create(
        evaluation.Evaluation,
        identity,
        view,
        Message.Create(evaluation.State, evaluation.Message, $"afa evaluate --resume {evaluation.Evaluation}"),
        Progress.Bar(evaluation.Share, $"Progress of {evaluation.Evaluation}"),
        Facts(evaluation, view),
        PageFrame.Section("working", "What the device slots do", evaluation.Working.Count == 0 ? null : Tag("ol", evaluation.Working.Select(work => Tag("li", PageText.Checkpoint(work))))),
        PageFrame.Section("standing", "So far", Standing(evaluation)),
        PageFrame.Section("results", "Results", view.Results.TryGetValue(evaluation.Evaluation, out var document) ? Results(document, view) : null),
        Tag("details", Id("options"), Tag("summary", "Options"), Tables.Facts([.. OptionText.Flatten(evaluation.OptionsJson).Select(option => (option.Name, (object?)option.Value))])));

    private static XElement Facts(EvaluationStatus evaluation, ClusterView view) => Tables.Facts(
        ("State", Progress.State(evaluation.State)),
        ("Progress", EvaluationTable.Position(evaluation)),
        ("Time left", evaluation.TimeLeft is null ? null : PageText.Duration(evaluation.TimeLeft)),
        ("Time at work", PageText.Duration(evaluation.Elapsed)),
        ("Images per second", evaluation.ImagesPerSecond > 0 ? PageText.Rate(evaluation.ImagesPerSecond) : null),
        ("Checkpoint", OptionText.FindAll(evaluation.OptionsJson, "checkpoints") is [var only] ? PageLinks.ToCheckpoint(only, view) : null),
        ("Data set", OptionText.Find(evaluation.OptionsJson, "dataset")),
        ("Norm", OptionText.Find(evaluation.OptionsJson, "norm")),
        ("Radius", string.Join(", ", OptionText.FindAll(evaluation.OptionsJson, "epsilons"))),
        ("Created", PageText.Ago(evaluation.CreatedAt, view.ReadAt)));

    private static XElement? Standing(EvaluationStatus evaluation)
    {
        var begun = evaluation.Standing.Where(attack => attack.Started > 0).ToList();
        return begun.Count == 0 ? null : Tables.Create(
            "standing",
            "Images that are still right, of those that each attack has begun with",
            s_standing,
            begun.Select(attack => new Row(attack.Attack, PageText.Checkpoint(attack.Attack), $"{attack.Standing} / {attack.Started}", PageText.Fraction((double)attack.Standing / attack.Started))));
    }

    private static IEnumerable<XElement?> Results(EvaluationDocument document, ClusterView view)
    {
        foreach (var (result, place) in document.Results.Take(MostResults).Select((result, place) => (result, place)))
        {
            yield return Tables.Create(
                $"result-{place}",
                $"{PageText.Checkpoint(result.Checkpoint)}, {result.Norm} ε = {result.Epsilon}, {PageText.Count(result.Images, "image")} of {result.Dataset} {result.Split}",
                s_attacks,
                result.Attacks.Where(attack => attack.Kind != AttackKind.Corruption).Select(Attack));
            yield return result.Warnings.Count == 0 ? null : Tag("ul", Class("warning"), result.Warnings.Select(warning => Tag("li", warning)));
        }

        yield return document.Results.Count > MostResults ? Tag("p", Class("note"), $"The first {MostResults} of {document.Results.Count} results; ", Tag("code", $"afa report {document.Evaluation}"), " has all.") : null;
        yield return Tag("p", Class("note"), "Corruptions, classes, stages and images are in the report: ", Tag("code", $"afa report {document.Evaluation}"));
    }

    private static Row Attack(AttackResult attack) => new(
        attack.Attack,
        attack.Attack,
        PageText.Fraction(attack.Accuracy),
        PageText.Interval(attack.Low, attack.High),
        $"{attack.Correct} / {attack.Total}",
        attack.WorstClass is { } worst ? $"{worst.Name} ({PageText.Fraction(worst.Accuracy)})" : PageText.None,
        PageText.Number(attack.Seconds, "0.0"));
}
