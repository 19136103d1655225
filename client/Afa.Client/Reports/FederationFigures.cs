using Afa.Client.Control;
using Afa.Data;
using Afa.Federation;

namespace Afa.Client.Reports;

/// <summary>What the counts of a federation's participants come to.</summary>
internal static class FederationFigures
{
    /// <summary>Such as "participant-3"; the number alone where there is none of that number.</summary>
    public static string Name(FederationDocument federation, int participant) =>
        participant >= 0 && participant < federation.Participants.Count ? federation.Participants[participant].Name : $"participant number {participant}";

    /// <summary>Such as "of round 3", or the checkpoint of a model from elsewhere.</summary>
    public static string Name(ModelJudgment model) => model.Round is { } round ? $"of round {round}" : CheckpointName.Short(model.Checkpoint);

    /// <summary>The model of the last round that somebody judged; null if there is none.</summary>
    public static ModelJudgment? Last(FederationDocument federation) =>
        federation.Models.Where(model => model.Round is not null && model.Counts.Any(counts => counts is not null)).MaxBy(model => model.Round);

    /// <summary>Models of rounds, in their order.</summary>
    public static IReadOnlyList<ModelJudgment> OfRounds(FederationDocument federation) => [.. federation.Models.Where(model => model.Round is not null).OrderBy(model => model.Round)];

    /// <summary>Names of the attacks, "clean" first and "worst-case" last.</summary>
    public static IReadOnlyList<string> Attacks(ModelJudgment model) => model.Counts.OfType<ParticipantCounts>().FirstOrDefault() is { } counts ? [.. counts.Attacks.Select(attack => attack.Attack)] : [];

    /// <summary>Accuracy over all test images, so that a participant with many weighs more; null if nobody gave a count.</summary>
    public static PooledAccuracy? Pooled(ModelJudgment model, string attack)
    {
        var counts = model.Counts.OfType<ParticipantCounts>().Select(counts => (counts.Images, Counts: Find(counts, attack))).Where(pair => pair.Counts is not null).ToList();
        return counts.Sum(pair => pair.Images) is > 0 and var images ? new(counts.Sum(pair => pair.Counts!.Correct), images) : null;
    }

    /// <summary>Accuracy on one participant's test images; null if it gave no count.</summary>
    public static double? OfParticipant(ModelJudgment model, int participant, string attack) =>
        participant < model.Counts.Count && model.Counts[participant] is { Images: > 0 } counts && Find(counts, attack) is { } found ? (double)found.Correct / counts.Images : null;

    /// <summary>The participant with the lowest accuracy, the first of equals; null if nobody gave a count.</summary>
    public static ParticipantAccuracy? Worst(ModelJudgment model, string attack) => All(model, attack).MinBy(participant => participant.Accuracy);

    /// <summary>The participant with the highest accuracy.</summary>
    public static ParticipantAccuracy? Best(ModelJudgment model, string attack) => All(model, attack).MaxBy(participant => participant.Accuracy);

    /// <summary>Fairness gap: highest less lowest accuracy of a participant.</summary>
    public static double? Gap(ModelJudgment model, string attack) => Best(model, attack)?.Accuracy - Worst(model, attack)?.Accuracy;

    /// <summary>Accuracy on one class, of the participants that have enough of it to say so.</summary>
    /// <param name="participants">How many these are.</param>
    /// <returns>Null if there is none.</returns>
    public static PooledAccuracy? OfClass(ModelJudgment model, string attack, int index, out int participants)
    {
        var counts = model.Counts.OfType<ParticipantCounts>().Select(counts => Find(counts, attack)?.Classes.ElementAtOrDefault(index)).OfType<ClassCounts>().Where(counts => counts.Images > 0).ToList();
        participants = counts.Count;
        return counts.Count == 0 ? null : new(counts.Sum(counts => counts.Correct), counts.Sum(counts => counts.Images));
    }

    /// <summary>Share of the images with the trigger that are taken for its target; null if there is no backdoor.</summary>
    public static PooledAccuracy? Backdoor(ModelJudgment model)
    {
        var counts = model.Counts.OfType<ParticipantCounts>().Where(counts => counts is { BackdoorHits: not null, BackdoorImages: > 0 }).ToList();
        return counts.Count == 0 ? null : new(counts.Sum(counts => counts.BackdoorHits!.Value), counts.Sum(counts => counts.BackdoorImages!.Value));
    }

    /// <summary>Names of the classes, as far as the data set is known here.</summary>
    public static IReadOnlyList<string> Classes(FederationDocument federation)
    {
        _ = DatasetRegistry.Problem(federation.Options.Training.Dataset, out var dataset);
        var count = federation.Participants.Select(participant => participant.TrainImages.Count).DefaultIfEmpty().Max();
        return [.. Enumerable.Range(0, count).Select(c => c < dataset?.Classes ? dataset.ClassNames[c] : $"class {c}")];
    }

    private static AttackCounts? Find(ParticipantCounts counts, string attack) => counts.Attacks.FirstOrDefault(found => found.Attack == attack);

    private static IEnumerable<ParticipantAccuracy> All(ModelJudgment model, string attack) =>
        Enumerable.Range(0, model.Counts.Count).Select(participant => (Participant: participant, Accuracy: OfParticipant(model, participant, attack)))
            .Where(pair => pair.Accuracy is not null).Select(pair => new ParticipantAccuracy(pair.Participant, pair.Accuracy!.Value));
}
