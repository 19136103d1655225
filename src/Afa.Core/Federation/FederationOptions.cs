using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Afa.Data;
using Afa.Federation.Aggregation;
using Afa.Federation.Attackers;
using Afa.Federation.Privacy;
using Afa.Training;
using Afa.Training.Methods;

namespace Afa.Federation;

/// <summary>Everything that decides a federation: owners of private shards who train one model in rounds, of which only updates and counts leave their silos.</summary>
public sealed record FederationOptions : IValidatableObject
{
    /// <summary>
    /// What each participant does in a round: method, model, data set, attack, optimizer. The batch is a participant's own. Epochs, shards and
    /// trainers are the federation's business: <see cref="LocalTraining"/> sets them.
    /// </summary>
    public TrainingOptions Training { get; init; } = new() { TrainImages = 10_000, BatchSize = 64 };

    /// <summary>How many participants share the training images of <see cref="Training"/>, if there are no <see cref="Owners"/>.</summary>
    public int Participants { get; init; } = 10;

    /// <summary>
    /// Names of participants that own their data: each works on the silo that was started as this participant, with the files that lie there under
    /// <see cref="TrainingOptions.Dataset"/>; if that is a path, <see cref="TrainingOptions.ImageShape"/> says what all of them hold, as nobody else looks there. Empty: an experiment, in which one data set is split.
    /// </summary>
    public IReadOnlyList<string> Owners { get; init; } = [];

    /// <summary>How the images of an experiment are split.</summary>
    public PartitionOptions Partition { get; init; } = new();

    /// <summary>Rounds of the first phase.</summary>
    public int Rounds { get; init; } = 10;

    /// <summary>Rounds of the linear head after them, of a method that trains features first.</summary>
    public int HeadRounds { get; init; } = 3;

    /// <summary>Passes of a participant over its images in a round.</summary>
    public int LocalEpochs { get; init; } = 1;

    /// <summary>Steps of a participant in a round, whatever the number of its images; 0: as <see cref="LocalEpochs"/> says.</summary>
    public int LocalSteps { get; init; }

    /// <summary>Share of the participants that take part in a round, drawn anew for each.</summary>
    public double Fraction { get; init; } = 1;

    /// <summary>Share of those that must deliver an update; with fewer the round is repeated.</summary>
    public double Quorum { get; init; } = 0.5;

    /// <summary>How long a round waits for its participants, in seconds; whoever is not done by then is left out of it.</summary>
    public double RoundSeconds { get; init; } = 1800;

    public StrategyOptions Strategy { get; init; } = new();

    public AggregationOptions Aggregation { get; init; } = new();

    public AttackerOptions Attackers { get; init; } = new();

    public PrivacyOptions Privacy { get; init; } = new();

    public FederatedEvaluationOptions Evaluation { get; init; } = new();

    /// <summary>Number of participants, of an experiment or by name.</summary>
    [JsonIgnore]
    public int Count => Owners.Count > 0 ? Owners.Count : Participants;

    /// <summary>Rounds over all phases.</summary>
    [JsonIgnore]
    public int TotalRounds => Rounds + (TrainingMethods.Get(Training.Method).TrainsFeaturesFirst ? HeadRounds : 0);

    /// <summary>Participants that are asked in each round.</summary>
    [JsonIgnore]
    public int PerRound => Math.Clamp((int)Math.Round(Fraction * Count), 1, Math.Max(1, Count));

    /// <summary>Whether a participant is malicious: the last ones are.</summary>
    public bool IsAttacker(int participant) => participant >= Count - Attackers.Count;

    /// <summary>Phase of the local training in a round.</summary>
    /// <param name="round">From 0.</param>
    public string PhaseOf(int round) => round < Rounds ? TrainingMethods.FirstPhase(Training.Method) : TrainingPhase.Head;

    /// <summary>The options of the local training, in which an epoch is a round: what stands in a federation's checkpoints.</summary>
    public TrainingOptions LocalTraining() => Training with { Epochs = Rounds, Head = Training.Head with { Epochs = HeadRounds }, Shards = 1, Trainers = 1 };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Rounds is < 1 or > 100_000)
        {
            yield return new($"Rounds must be in [1, 100000], not {Rounds}.", [nameof(Rounds)]);
        }

        if (HeadRounds is < 1 or > 10_000)
        {
            yield return new($"HeadRounds must be in [1, 10000], not {HeadRounds}.", [nameof(HeadRounds)]);
        }

        // Rounds have their own checks; into an owner's folder only the owner's silo looks.
        string[] decidedHere = [nameof(Rounds), "Epochs", .. Owners.Count > 0 && DatasetRegistry.IsPath(Training.Dataset) ? [nameof(TrainingOptions.Dataset)] : Array.Empty<string>()];
        foreach (var (name, part) in new (string, object)[] { ("Training", LocalTraining()), ("", Partition), ("", Strategy), ("", Aggregation), ("", Attackers), ("", Privacy), ("", Evaluation) })
        {
            var found = new List<ValidationResult>();
            Validator.TryValidateObject(part, new ValidationContext(part), found, validateAllProperties: true);
            foreach (var problem in found.Where(problem => name.Length == 0 || !problem.MemberNames.Intersect(decidedHere).Any()))
            {
                yield return new(name.Length == 0 ? problem.ErrorMessage : $"{name}.{problem.ErrorMessage}", problem.MemberNames);
            }
        }

        if (Participants is < 1 or > 1000)
        {
            yield return new($"Participants must be in [1, 1000], not {Participants}.", [nameof(Participants)]);
        }

        if (Owners.Distinct(StringComparer.Ordinal).Count() < Owners.Count)
        {
            yield return new($"Owners must differ, not {string.Join(", ", Owners)}.", [nameof(Owners)]);
        }

        if (LocalEpochs is < 1 or > 1000)
        {
            yield return new($"LocalEpochs must be in [1, 1000], not {LocalEpochs}.", [nameof(LocalEpochs)]);
        }

        if (LocalSteps is < 0 or > 1_000_000)
        {
            yield return new($"LocalSteps must be in [0, 1000000], not {LocalSteps}; 0 takes LocalEpochs.", [nameof(LocalSteps)]);
        }

        if (Fraction is not (> 0 and <= 1))
        {
            yield return new($"Fraction must be in (0, 1], not {Fraction}.", [nameof(Fraction)]);
        }

        if (Quorum is not (> 0 and <= 1))
        {
            yield return new($"Quorum must be in (0, 1], not {Quorum}.", [nameof(Quorum)]);
        }

        if (RoundSeconds is not (>= 1 and <= 604_800))
        {
            yield return new($"RoundSeconds must be in [1, 604800], not {RoundSeconds}.", [nameof(RoundSeconds)]);
        }

        foreach (var problem in FederationFit.Problems(this))
        {
            yield return problem;
        }
    }
}
