using System.Globalization;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Data;
using Afa.Federation;
using Afa.Federation.Aggregation;
using Afa.Federation.Attackers;

namespace Afa.Client.Commands;

/// <summary>The options of <see cref="FederationOptions"/> that have a flag of their own; --set reaches all others.</summary>
internal static class FederationFlags
{
    /// <summary>What a federation decides by itself, has no use for or says in its own words.</summary>
    private static readonly HashSet<string> s_notOfParticipants =
    [
        "batchSize", "epochs", "head.epochs", "shards", "trainers", "elastic", "weightAverage", "validation.images", "validation.patience", "gradient.wire", "normalization.synchronized", "generated.path", "generated.fraction",
    ];

    public static IReadOnlyList<SettingOption> Create()
    {
        var defaults = new FederationOptions();
        return
        [
            new("--participants", "participants", "N", "Parts that the training images of one data set are dealt to, for an experiment.", Text(defaults.Participants)),
            new("--owners", "owners", "NAME,...", "Participants that own their data, instead: each works on the silo that was started as this participant, with the files that lie there, all of them unless --train-images says fewer."),
            new("--owner-images", "training.imageShape", ImageShape.Form, "What images the owners have, such as 10x3x32x32, if --dataset is the path of a folder: only their own silos look there."),
            new("--split", "partition.kind", SettingOption.Choices<PartitionKind>(), "How an experiment deals the images.", StatusText.Name(defaults.Partition.Kind)),
            new("--alpha", "partition.alpha", "ALPHA", "Of the Dirichlet split and of the sizes by quantity: the smaller, the more participants differ.", Text(defaults.Partition.Alpha)),
            new("--classes-each", "partition.classesEach", "N", "Classes of each participant, of the split by class.", Text(defaults.Partition.ClassesEach)),
            new("--rounds", "rounds", "N", "How often updates are collected; for afa and supcon, in the feature pre-training.", Text(defaults.Rounds)),
            new("--head-rounds", "headRounds", "N", "Rounds of the linear head after them (afa, supcon).", Text(defaults.HeadRounds)),
            new("--local-epochs", "localEpochs", "N", "Passes of a participant over its images in a round.", Text(defaults.LocalEpochs)),
            new("--local-steps", "localSteps", "N", "Steps of a participant in a round, however many images it has; 0: as --local-epochs says.", Text(defaults.LocalSteps)),
            new("--fraction", "fraction", "SHARE", "Share of the participants that take part in a round, drawn anew for each.", Text(defaults.Fraction)),
            new("--quorum", "quorum", "SHARE", "Share of those that must deliver; with fewer the round is repeated.", Text(defaults.Quorum)),
            new("--round-seconds", "roundSeconds", "SECONDS", "How long a round waits; who is not done by then is left out of it.", Text(defaults.RoundSeconds)),
            new("--strategy", "strategy.kind", FederationText.Strategies, "How participants train and what becomes of the aggregate; strategy.proximalMu, serverLearningRate, serverMomentum, beta1, beta2 and tau shape it.", FederationText.Name(defaults.Strategy.Kind)),
            new("--rule", "aggregation.rule", SettingOption.Choices<AggregationRuleKind>(), "How the updates of a round become one; aggregation.clipNorm and iterations shape it.", StatusText.Name(defaults.Aggregation.Rule)),
            new("--byzantine", "aggregation.byzantine", "F", "How many bad updates a round is to withstand.", Text(defaults.Aggregation.Byzantine)),
            new("--before", "aggregation.before", SettingOption.Choices<PreAggregation>(), "What is done to updates before the rule.", StatusText.Name(defaults.Aggregation.Before)),
            new("--attackers", "attackers.count", "N", "Malicious participants of an experiment, the last ones.", Text(defaults.Attackers.Count)),
            new("--attacker", "attackers.kind", SettingOption.Choices<AttackerKind>(), "What they do; attackers.scale, alieZ and backdoorTarget shape it.", StatusText.Name(defaults.Attackers.Kind)),
            new("--clip", "privacy.clipNorm", "NORM", "Largest Euclidean norm of an update that leaves a participant; 0: any.", Text(defaults.Privacy.ClipNorm)),
            new("--noise", "privacy.noiseMultiplier", "Z", "Gaussian noise on the sum of the updates, in units of --clip; 0: none.", Text(defaults.Privacy.NoiseMultiplier)),
            new("--delta", "privacy.delta", "DELTA", "For which epsilon is reported.", StatusText.Number(defaults.Privacy.Delta, "0.######")),
            new("--images", "evaluation.images", "N", "Most test images of each participant.", Text(defaults.Evaluation.Images)),
            new("--evaluate-every", "evaluation.everyRounds", "N", "Judges the model of every so many rounds, and the last one always; 0: the last one only.", Text(defaults.Evaluation.EveryRounds)),
            new("--also", "evaluation.checkpoints", "CHECKPOINT,...", "Further checkpoints that every participant judges at the end, named as for 'afa evaluate'."),
            new("--batch-size", "training.batchSize", "N", "Images of one step of a participant.", Text(defaults.Training.BatchSize)),
            .. TrainingFlags.Create(defaults.Training).Where(flag => !s_notOfParticipants.Contains(flag.Key)).Select(OfParticipants),
        ];
    }

    private static SettingOption OfParticipants(SettingOption flag) => new(flag.Name, $"training.{flag.Key}", flag.HelpName!, flag.Description!);

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
