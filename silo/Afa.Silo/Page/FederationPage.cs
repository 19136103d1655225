using System.Globalization;
using System.Xml.Linq;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Grains;

namespace Afa.Silo.Page;

/// <summary>One federation: who judges its models how, and what happened in its rounds.</summary>
internal static class FederationPage
{
    private const int MostRounds = 100;

    private static readonly Column[] s_rounds =
        [new("Round"), new("Phase", IsExtra: true), new("Delivered", IsFigure: true), new("Missing"), new("Chosen", IsExtra: true), new("Loss", IsFigure: true), new("Update norm", IsFigure: true, IsExtra: true), new("Time", IsFigure: true, IsExtra: true)];

    public static string Create(FederationStatus federation, ClusterView view, PageIdentity identity)
    {
        var document = view.FederationResults.GetValueOrDefault(federation.Federation);
        return PageFrame.Create(
            federation.Federation,
            identity,
            view,
            Message.Create(federation.State, federation.Message, $"afa federate --resume {federation.Federation}"),
            Progress.Bar(federation.Share, $"Progress of {federation.Federation}"),
            Tables.Facts(
                ("State", Progress.State(federation.State)),
                ("Progress", FederationTable.Position(federation)),
                ("Method", OptionText.Find(federation.OptionsJson, "training.method")),
                ("Strategy", OptionText.Find(federation.OptionsJson, "strategy.kind")),
                ("Rule", OptionText.Find(federation.OptionsJson, "aggregation.rule")),
                ("Privacy", document?.Privacy is { } spent ? $"ε = {PageText.Number(spent.Epsilon, "0.00")} at δ = {PageText.Number(spent.Delta, "0.#######")}" : null),
                ("Time left", federation.TimeLeft is null ? null : PageText.Duration(federation.TimeLeft)),
                ("Time at work", PageText.Duration(federation.Elapsed)),
                ("Created", PageText.Ago(federation.CreatedAt, view.ReadAt)),
                ("Newest model", federation.Checkpoint is { } checkpoint ? PageText.Checkpoint(checkpoint) : null)),
            PageFrame.Section("participants", "Participants", document is null ? null : Participants(document)),
            PageFrame.Section("rounds", "Rounds", document is not { Rounds.Count: > 0 } ? null : Tables.Create(
                "rounds", $"The newest {Math.Min(MostRounds, document.Rounds.Count)} rounds, the last one first", s_rounds, document.Rounds.Reverse().Take(MostRounds).Select(round => Round(round, document)))));
    }

    private static XElement Participants(FederationDocument document)
    {
        var judged = document.Models.LastOrDefault(model => model.Round is not null);
        return Tables.Create(
            "participants",
            judged is null ? "No model is judged yet" : $"How each judges the model of round {judged.Round} on its own test images",
            [new("Participant"), new("Training images", IsFigure: true), new("Test images", IsFigure: true), new("Clean", IsFigure: true), new("Worst case", IsFigure: true)],
            document.Participants.Select((participant, number) => new Row(
                $"{number}",
                participant.IsAttacker ? $"{participant.Name} (attacker)" : participant.Name,
                $"{participant.Images}",
                participant.TestImages is { } images ? $"{images}" : $"fewer than {document.Options.Evaluation.MinimumCount}",
                PageText.Fraction(Accuracy(judged, number, RobustAccuracy.Clean)),
                PageText.Fraction(Accuracy(judged, number, RobustAccuracy.WorstCase)))));
    }

    private static double? Accuracy(ModelJudgment? judged, int participant, string attack) =>
        judged?.Counts.ElementAtOrDefault(participant) is { Images: > 0 } counts && counts.Attacks.FirstOrDefault(one => one.Attack == attack) is { } found ? (double)found.Correct / counts.Images : null;

    private static Row Round(RoundSummary round, FederationDocument document) => new(
        $"{round.Round}",
        $"{round.Round}",
        round.Phase,
        string.Create(CultureInfo.InvariantCulture, $"{round.Delivered.Count} of {round.Asked.Count}"),
        round.Missing.Count == 0 ? PageText.None : string.Join(' ', round.Missing.Select(missing => $"{Name(document, missing.Participant)}: {missing.Reason}")),
        round.Chosen is null ? "all" : string.Join(", ", round.Chosen.Select(chosen => Name(document, chosen))),
        PageText.Loss(round.Loss),
        PageText.Number(round.UpdateNorm, "0.000"),
        PageText.Duration(TimeSpan.FromSeconds(round.Seconds)));

    private static string Name(FederationDocument document, int participant) => document.Participants.ElementAtOrDefault(participant)?.Name ?? $"{participant}";
}
