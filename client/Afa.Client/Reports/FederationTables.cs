using System.Text.Json;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Training;
using static Afa.Client.Reports.ReportText;

namespace Afa.Client.Reports;

/// <summary>What a federation has found in tables.</summary>
internal static class FederationTables
{
    /// <summary>More rounds than these are thinned out evenly.</summary>
    private const int MostRounds = 200;

    /// <summary>More names in a cell than these are counted.</summary>
    private const int MostNames = 12;

    /// <summary>What a terminal shows.</summary>
    public static IEnumerable<ReportTable> Results(FederationDocument federation) =>
        FederationFigures.Last(federation) is { } last ? [Accuracy(federation, last), Others(federation)] : [Others(federation)];

    public static IEnumerable<ReportTable> All(FederationDocument federation) =>
    [
        .. Results(federation),
        Matrix(federation, RobustAccuracy.WorstCase),
        Matrix(federation, RobustAccuracy.Clean),
        Participants(federation),
        Classes(federation),
        Rounds(federation),
        Missing(federation),
        Facts(federation),
        Options(federation),
    ];

    /// <summary>One model under each attack: all participants together, and how far they are apart.</summary>
    public static ReportTable Accuracy(FederationDocument federation, ModelJudgment model)
    {
        var rows = FederationFigures.Attacks(model).Select(attack => (Name: attack, Figure: FederationFigures.Pooled(model, attack), Attack: attack)).Where(row => row.Figure is not null).Select(row => (IReadOnlyList<string>)
        [
            CheckpointName.Short(row.Name),
            Fraction(row.Figure!.Accuracy),
            Interval(row.Figure.Interval.Low, row.Figure.Interval.High),
            $"{row.Figure.Correct} / {row.Figure.Images}",
            Participant(federation, FederationFigures.Worst(model, row.Attack)),
            Participant(federation, FederationFigures.Best(model, row.Attack)),
            Fraction(FederationFigures.Gap(model, row.Attack)),
        ]).ToList();
        if (FederationFigures.Backdoor(model) is { } backdoor)
        {
            rows.Add(["backdoor (taken for its target)", Fraction(backdoor.Accuracy), Interval(backdoor.Interval.Low, backdoor.Interval.High), $"{backdoor.Correct} / {backdoor.Images}", "–", "–", "–"]);
        }

        return new($"The model {FederationFigures.Name(model)}, as {Judges(model)} judge it", ["Attack", "Pooled", "95 % interval", "Correct", "Worst participant", "Best participant", "Fairness gap"], rows);
    }

    /// <summary>Checkpoints from elsewhere beside the federation's own last model; without rows if there are none.</summary>
    public static ReportTable Others(FederationDocument federation)
    {
        var others = federation.Models.Where(model => model.Round is null).ToList();
        return new(
            "Other checkpoints on the same test images",
            ["Model", "Clean", "Worst case", "95 % interval", "Worst participant", "Fairness gap", "Judged by"],
            others.Count == 0 ? [] : [.. others.Prepend(FederationFigures.Last(federation)).OfType<ModelJudgment>().Select(model => (IReadOnlyList<string>)
            [
                FederationFigures.Name(model),
                Fraction(FederationFigures.Pooled(model, RobustAccuracy.Clean)?.Accuracy),
                Fraction(FederationFigures.Pooled(model, RobustAccuracy.WorstCase)?.Accuracy),
                FederationFigures.Pooled(model, RobustAccuracy.WorstCase) is { } pooled ? Interval(pooled.Interval.Low, pooled.Interval.High) : "–",
                Participant(federation, FederationFigures.Worst(model, RobustAccuracy.WorstCase)),
                Fraction(FederationFigures.Gap(model, RobustAccuracy.WorstCase)),
                Judges(model),
            ])]);
    }

    /// <summary>Participants and the models of rounds: the heat map in numbers.</summary>
    public static ReportTable Matrix(FederationDocument federation, string attack)
    {
        var models = FederationHeatMap.Columns(federation);
        return new(
            FederationHeatMap.Title(attack),
            ["Participant", .. models.Select(FederationHeatMap.Heading)],
            models.Count == 0 ? [] :
            [
                .. FederationHeatMap.Rows(federation).Select(participant => (IReadOnlyList<string>)
                    [Label(federation, participant), .. models.Select(model => Fraction(FederationFigures.OfParticipant(model, participant, attack)))]),
                ["all together", .. models.Select(model => Fraction(FederationFigures.Pooled(model, attack)?.Accuracy))],
            ]);
    }

    public static ReportTable Participants(FederationDocument federation)
    {
        var last = FederationFigures.Last(federation);
        return new(
            "Participants",
            ["Participant", "Training images", $"By class: {string.Join(", ", FederationFigures.Classes(federation))}", "Test images", "Clean", "Worst case", "Rounds"],
            [.. federation.Participants.Select((participant, i) => (IReadOnlyList<string>)
            [
                Label(federation, i),
                Whole(participant.Images),
                string.Join(", ", participant.TrainImages.Select(count => count is { } ofClass ? Whole(ofClass) : Suppressed(federation))),
                participant.TestImages is { } images ? Whole(images) : Suppressed(federation),
                Fraction(last is null ? null : FederationFigures.OfParticipant(last, i, RobustAccuracy.Clean)),
                Fraction(last is null ? null : FederationFigures.OfParticipant(last, i, RobustAccuracy.WorstCase)),
                Whole(federation.Rounds.Count(round => round.Delivered.Contains(i))),
            ])]);
    }

    /// <summary>The last model by class, pooled over the participants that have enough of it.</summary>
    public static ReportTable Classes(FederationDocument federation)
    {
        const string title = "Accuracy of each class, pooled";
        if (FederationFigures.Last(federation) is not { } model)
        {
            return new(title, ["Class"], []);
        }

        var attacks = FederationFigures.Attacks(model);
        return new(
            title,
            ["Class", "Test images", "Of participants", .. attacks.Select(CheckpointName.Short)],
            [.. FederationFigures.Classes(federation).Select((name, c) =>
            {
                var figures = attacks.Select(attack => (Figure: FederationFigures.OfClass(model, attack, c, out var count), Count: count)).ToList();
                return (IReadOnlyList<string>)
                [
                    name,
                    figures[0].Figure is { } clean ? Whole(clean.Images) : $"{Suppressed(federation)} each",
                    $"{figures[0].Count} of {federation.Participants.Count}",
                    .. figures.Select(figure => Fraction(figure.Figure?.Accuracy)),
                ];
            })]);
    }

    public static ReportTable Rounds(FederationDocument federation)
    {
        var models = federation.Models.Where(model => model.Round is not null).DistinctBy(model => model.Round).ToDictionary(model => model.Round!.Value);
        var hasChoice = federation.Rounds.Any(round => round.Chosen is not null);
        var stride = (federation.Rounds.Count + MostRounds - 1) / MostRounds;
        return new(
            stride > 1 ? $"One round in {stride}, and the last" : "Rounds",
            ["Round", "Phase", "Asked", "Delivered", .. hasChoice ? ["Chosen"] : Array.Empty<string>(), "Local loss", "Update norm", "Clean", "Worst case", "Worst participant", "Seconds"],
            [.. federation.Rounds.Where((_, i) => i % stride == 0 || i == federation.Rounds.Count - 1).Select(round =>
            {
                var model = models.GetValueOrDefault(round.Round);
                return (IReadOnlyList<string>)
                [
                    Whole(round.Round),
                    round.Phase,
                    Whole(round.Asked.Count),
                    Whole(round.Delivered.Count),
                    .. hasChoice ? [round.Chosen is { } chosen ? Names(federation, chosen) : "all"] : Array.Empty<string>(),
                    Number(round.Loss, "0.0000"),
                    Number(round.UpdateNorm, "G4"),
                    Fraction(model is null ? null : FederationFigures.Pooled(model, RobustAccuracy.Clean)?.Accuracy),
                    Fraction(model is null ? null : FederationFigures.Pooled(model, RobustAccuracy.WorstCase)?.Accuracy),
                    Fraction(model is null ? null : FederationFigures.Worst(model, RobustAccuracy.WorstCase)?.Accuracy),
                    Seconds(round.Seconds),
                ];
            })]);
    }

    /// <summary>Who was left out of rounds or did not judge models, and why; without rows if nobody.</summary>
    public static ReportTable Missing(FederationDocument federation) => new(
        "Who was missing",
        ["Participant", "Reason", "Where"],
        [.. federation.Rounds.SelectMany(round => round.Missing.Select(missing => (missing.Participant, missing.Reason, Where: $"round {round.Round}")))
            .Concat(federation.Models.SelectMany(model => model.Missing.Select(missing => (missing.Participant, missing.Reason, Where: $"judging the model {FederationFigures.Name(model)}"))))
            .GroupBy(missing => (missing.Participant, missing.Reason), missing => missing.Where)
            .OrderBy(group => group.Key.Participant)
            .Select(group => new[] { Label(federation, group.Key.Participant), group.Key.Reason, $"{string.Join(", ", group.Take(MostNames))}{(group.Count() > MostNames ? $" and {group.Count() - MostNames} more" : "")}" })]);

    public static ReportTable Facts(FederationDocument federation) => ReportTable.Facts(
        "Federation",
        ("Federation", federation.Federation),
        ("Rounds", $"{federation.Rounds.Count} of {federation.Options.TotalRounds}"),
        ("Split", FederationText.Split(federation.Options)),
        ("Strategy", FederationText.Name(federation.Options.Strategy.Kind)),
        ("Rule", FederationText.Rule(federation.Options.Aggregation)),
        ("Attackers", FederationText.Attackers(federation.Options)),
        ("Epsilon", federation.Privacy is { } spent ? $"{Number(spent.Epsilon, "0.###")} at delta {Number(spent.Delta, "G3")}" : "–"),
        ("Last checkpoint", federation.Rounds is [.., var last] ? last.Checkpoint : "–"),
        ("Started", Time(federation.CreatedAt)),
        ("Time taken", Duration(TimeSpan.FromSeconds(federation.Seconds))));

    public static ReportTable Options(FederationDocument federation) =>
        ReportTable.Facts("Options", [.. OptionsTable.Flatten(JsonSerializer.SerializeToElement(federation.Options, AfaJson.Options))]);

    /// <summary>The name of a participant, with what it is in an experiment.</summary>
    public static string Label(FederationDocument federation, int participant) =>
        $"{FederationFigures.Name(federation, participant)}{(IsAttacker(federation, participant) ? " (attacker)" : "")}";

    public static bool IsAttacker(FederationDocument federation, int participant) => participant >= 0 && participant < federation.Participants.Count && federation.Participants[participant].IsAttacker;

    /// <summary>What stands for a count that does not leave its silo.</summary>
    public static string Suppressed(FederationDocument federation) => $"fewer than {federation.Options.Evaluation.MinimumCount}";

    /// <summary>How many gave counts for a model, such as "9 of 10 participants".</summary>
    public static string Judges(ModelJudgment model) => $"{model.Counts.Count(counts => counts is not null)} of {Count(model.Counts.Count, "participant")}";

    private static string Participant(FederationDocument federation, ParticipantAccuracy? accuracy) =>
        accuracy is null ? "–" : $"{FederationFigures.Name(federation, accuracy.Participant)} ({Fraction(accuracy.Accuracy)})";

    private static string Names(FederationDocument federation, IReadOnlyList<int> participants) =>
        participants.Count > MostNames ? Count(participants.Count, "participant") : string.Join(", ", participants.Select(participant => Label(federation, participant)));
}
