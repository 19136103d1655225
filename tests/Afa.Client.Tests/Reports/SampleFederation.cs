using Afa.Federation;
using Afa.Federation.Aggregation;
using Afa.Federation.Attackers;
using Afa.Federation.Privacy;
using Afa.Training;

namespace Afa.Client.Tests.Reports;

/// <summary>Federations: a small one with figures that are easy to follow by hand, and those of any options, whose figures look as real ones do.</summary>
internal static class SampleFederation
{
    /// <summary>Ten participants, two of whom attack.</summary>
    public static FederationOptions UnderAttack(AggregationRuleKind rule, AttackerKind attack = AttackerKind.SignFlip) => new()
    {
        Training = new TrainingOptions { Method = TrainingMethod.Trades, TrainImages = 10_000, BatchSize = 64 },
        Rounds = 10,
        Aggregation = new AggregationOptions { Rule = rule, Byzantine = rule == AggregationRuleKind.Mean ? 0 : 2 },
        Attackers = new AttackerOptions { Count = 2, Kind = attack },
    };

    /// <summary>What a federation has found after some of its rounds. Without a rule against them, attackers bring it down.</summary>
    public static FederationDocument Document(string federation, FederationOptions options, int rounds)
    {
        var summaries = Enumerable.Range(1, rounds).Select(round => Round(federation, options, round)).ToList();
        return new()
        {
            Federation = federation,
            CreatedAt = new DateTimeOffset(2026, 11, 22, 14, 0, 0, TimeSpan.Zero),
            Seconds = 61 * rounds,
            Options = options,
            Participants = [.. Enumerable.Range(0, options.Count).Select(participant => Participant(options, participant))],
            Rounds = summaries,
            Models =
            [
                .. summaries.Where(round => IsJudged(options, round.Round)).Select(round => Judgment(options, round.Checkpoint, round.Round)),
                .. rounds < options.TotalRounds ? [] : options.Evaluation.Checkpoints.Select(checkpoint => Judgment(options, checkpoint, null)),
            ],
            Privacy = options.Privacy.NoiseMultiplier > 0 ? new PrivacySpent(4.25, options.Privacy.Delta, options.Privacy.NoiseMultiplier, options.Fraction, rounds) : null,
        };
    }

    /// <summary>
    /// Three participants with 10, 20 and 30 test images and two classes; the last attacks. Pooled: 46 of 60 clean, 24 in the worst case. Only the last
    /// two have ten images of class 0, nobody of class 1 but the last. Of the two rounds, the first lacks "west" and Krum chose "north" in the second.
    /// </summary>
    public static FederationDocument Small() => new()
    {
        Federation = "small",
        CreatedAt = new DateTimeOffset(2026, 11, 22, 14, 0, 0, TimeSpan.Zero),
        Seconds = 94,
        Options = new FederationOptions
        {
            Owners = ["north", "west", "south"],
            Rounds = 2,
            Training = new TrainingOptions { Method = TrainingMethod.Trades, TrainImages = 0 },
            Aggregation = new AggregationOptions { Rule = AggregationRuleKind.Krum },
            Privacy = new PrivacyOptions { ClipNorm = 1, NoiseMultiplier = 1.1, Delta = 0.001 },
        },
        Participants =
        [
            new("north", 100, [60, 40], 10, IsAttacker: false),
            new("west", 203, [200, null], 20, IsAttacker: false),
            new("south", 300, [150, 150], 30, IsAttacker: true),
        ],
        Rounds =
        [
            new(1, "training", [0, 1, 2], [0, 2], [new(1, "not done in 1800 s")], [2], 2.5, 1.25, 40, FakeControl.CheckpointName("small", 1)),
            new(2, "training", [0, 1, 2], [0, 1, 2], [], [0], 2.0, 0.75, 41, FakeControl.CheckpointName("small", 2)),
        ],
        Models =
        [
            new(FakeControl.CheckpointName("small", 1), 1, [Counts(10, 5, 2, null, null), null, Counts(30, 15, 9, new(9, 15), new(6, 15))], [new(1, "its silo is gone")]),
            new(FakeControl.CheckpointName("small", 2), 2, [Counts(10, 9, 5, null, null), Counts(20, 16, 4, new(3, 10), null), Counts(30, 21, 15, new(7, 15), new(8, 15))], []),
        ],
        Privacy = new PrivacySpent(2, 0.001, 1.1, 1, 2),
    };

    private static ParticipantCounts Counts(int images, int clean, int worst, ClassCounts? first, ClassCounts? second) =>
        new(images, [new("clean", clean, [first, second]), new("pgd-20", worst + 1, [first, second]), new("worst-case", worst, [first, second])]);

    private static ParticipantSummary Participant(FederationOptions options, int participant)
    {
        var classes = Enumerable.Range(0, 10).Select(c => (int)(290 * Math.Pow((participant * 37 + c * 53 + participant * c * 11) % 101 / 100.0, 2))).ToList();
        return new(
            options.Owners.Count > 0 ? options.Owners[participant] : $"participant-{participant + 1}", classes.Sum(), [.. classes.Select(count => count < options.Evaluation.MinimumCount ? (int?)null : count)],
            TestImages(participant), participant >= options.Count - options.Attackers.Count);
    }

    private static int TestImages(int participant) => 60 + 13 * (participant * 3 % 8);

    private static bool IsJudged(FederationOptions options, int round) =>
        round == options.TotalRounds || options.Evaluation.EveryRounds > 0 && round % options.Evaluation.EveryRounds == 0;

    private static RoundSummary Round(string federation, FederationOptions options, int round)
    {
        var asked = Enumerable.Range(0, options.Count).Where(participant => (participant + round) % options.Count < options.PerRound).ToList();
        var missing = asked.Where(participant => (participant * 5 + round * 3) % 23 == 0).Select(participant => new MissingParticipant(participant, "not done in 1800 s")).ToList();
        var delivered = asked.Except(missing.Select(participant => participant.Participant)).ToList();
        IReadOnlyList<int>? chosen = options.Aggregation.Rule switch
        {
            AggregationRuleKind.Krum => [delivered[round * 3 % Math.Max(1, delivered.Count - options.Attackers.Count)]],
            AggregationRuleKind.MultiKrum => [.. delivered.Where(participant => participant < options.Count - options.Attackers.Count || round == 2)],
            _ => null,
        };
        var phase = options.TotalRounds == options.Rounds ? "training" : round <= options.Rounds ? "features" : "head";
        return new(round, phase, asked, delivered, missing, chosen, phase == "head" ? 1.5 / round : 2.4 / Math.Sqrt(round), 1.8 / Math.Sqrt(round), 50 + round, FakeControl.CheckpointName(federation, round));
    }

    private static ModelJudgment Judgment(FederationOptions options, string checkpoint, int? round)
    {
        var isFallen = options.Attackers.Count > 0 && options.Aggregation.Rule == AggregationRuleKind.Mean;
        var missing = round is { } number && number % 4 == 3 ? new[] { new MissingParticipant(number % options.Count, "its silo is gone") } : [];
        return new(
            checkpoint,
            round,
            [.. Enumerable.Range(0, options.Count).Select(participant => missing.Any(gone => gone.Participant == participant) ? null : Counts(options, participant, round ?? options.TotalRounds + 5, isFallen))],
            missing);
    }

    private static ParticipantCounts Counts(FederationOptions options, int participant, int round, bool isFallen)
    {
        var images = Math.Min(options.Evaluation.Images, TestImages(participant));
        var clean = isFallen ? 0.1 + 0.4 / (round * round) + 0.02 * (participant % 3) : 0.86 - 0.6 * Math.Exp(-round / 3.0) - 0.014 * (participant * 7 % 10) - 0.05 * (round * participant % 3) / round;
        clean *= options.Attackers.Count > 0 ? 1 - 0.015 * (int)options.Aggregation.Rule : 1;
        var backdoor = options.Attackers is { Count: > 0, Kind: AttackerKind.Backdoor } ? (int?)(images * (isFallen ? 0.9 : 0.2)) : null;
        return new(
            images,
            [
                Attack("clean", images, clean, options.Evaluation.MinimumCount),
                .. options.Evaluation.Attacks.Select((attack, i) => Attack(attack, images, clean * (0.62 - 0.02 * i), options.Evaluation.MinimumCount)),
                Attack("worst-case", images, clean * (0.62 - 0.02 * options.Evaluation.Attacks.Count), options.Evaluation.MinimumCount),
            ],
            backdoor,
            backdoor is null ? null : images);
    }

    /// <summary>Images lie evenly in the classes, but for the first, of which there are few.</summary>
    private static AttackCounts Attack(string attack, int images, double accuracy, int minimum)
    {
        var correct = (int)(images * accuracy);
        return new(attack, correct, [.. Enumerable.Range(0, 10).Select(c => c == 0 ? 5 : images / 9).Select((count, c) => count < minimum ? null : new ClassCounts((int)(count * Math.Clamp(accuracy + 0.03 * (c % 4 - 1.5), 0, 1)), count))]);
    }
}
