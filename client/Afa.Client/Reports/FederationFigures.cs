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
    public static IReadOnlyList<string> Attacks(ModelJudgment model) => [.. FederatedRobustness.Of(model).Select(found => found.Attack)];

    /// <summary>Accuracy over all test images, so that a participant with many weighs more; null if nobody gave a count.</summary>
    public static PooledAccuracy? Pooled(ModelJudgment model, string attack) => Find(model, attack) is { Images: > 0 } found ? new(found.Correct, found.Images) : null;

    /// <summary>Accuracy on one participant's test images; null if it gave no count.</summary>
    public static double? OfParticipant(ModelJudgment model, int participant, string attack) => Find(model, attack)?.Participants.ElementAtOrDefault(participant);

    /// <summary>The participant with the lowest accuracy, the first of equals; null if nobody gave a count.</summary>
    public static ParticipantAccuracy? Worst(ModelJudgment model, string attack) => All(model, attack).MinBy(participant => participant.Accuracy);

    /// <summary>The participant with the highest accuracy.</summary>
    public static ParticipantAccuracy? Best(ModelJudgment model, string attack) => All(model, attack).MaxBy(participant => participant.Accuracy);

    /// <summary>Fairness gap: highest less lowest accuracy of a participant.</summary>
    public static double? Gap(ModelJudgment model, string attack) => Find(model, attack)?.FairnessGap;

    /// <summary>Accuracy on one class, of the participants that have enough of it to say so.</summary>
    /// <param name="participants">How many these are.</param>
    /// <returns>Null if there is none.</returns>
    public static PooledAccuracy? OfClass(ModelJudgment model, string attack, int index, out int participants)
    {
        participants = model.Counts.OfType<ParticipantCounts>().Count(counts => counts.Attacks.FirstOrDefault(found => found.Attack == attack)?.Classes.ElementAtOrDefault(index) is { Images: > 0 });
        return Find(model, attack)?.Classes.ElementAtOrDefault(index) is { Images: > 0 } pooled ? new(pooled.Correct, pooled.Images) : null;
    }

    /// <summary>Share of the images with the trigger that are taken for its target; null if there is no backdoor.</summary>
    public static PooledAccuracy? Backdoor(ModelJudgment model) => FederatedRobustness.Backdoor(model) is { } counts ? new(counts.Correct, counts.Images) : null;

    /// <summary>Names of the classes, as far as the data set is known here.</summary>
    public static IReadOnlyList<string> Classes(FederationDocument federation)
    {
        _ = DatasetRegistry.Problem(federation.Options.Training.Dataset, out var dataset);
        var count = federation.Participants.Select(participant => participant.TrainImages.Count).DefaultIfEmpty().Max();
        return [.. Enumerable.Range(0, count).Select(c => c < dataset?.Classes ? dataset.ClassNames[c] : $"class {c}")];
    }

    private static AttackRobustness? Find(ModelJudgment model, string attack) => FederatedRobustness.Of(model).FirstOrDefault(found => found.Attack == attack);

    private static IEnumerable<ParticipantAccuracy> All(ModelJudgment model, string attack) =>
        (Find(model, attack)?.Participants ?? []).Select((accuracy, participant) => (accuracy, participant)).Where(one => one.accuracy is not null)
            .Select(one => new ParticipantAccuracy(one.participant, one.accuracy!.Value));
}
