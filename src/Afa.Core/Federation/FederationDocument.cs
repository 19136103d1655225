namespace Afa.Federation;

/// <summary>What a federation has found: written when it ends, and what reports are made of.</summary>
public sealed record FederationDocument
{
    /// <summary>The version of the document that this program writes, and the only one that it reads.</summary>
    public const int CurrentSchemaVersion = 1;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>The federation's name.</summary>
    public required string Federation { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Wall time at work, in all processes that had a part in it.</summary>
    public required double Seconds { get; init; }

    /// <summary>With all defaults filled in.</summary>
    public required FederationOptions Options { get; init; }

    /// <summary>In the order of their numbers.</summary>
    public required IReadOnlyList<ParticipantSummary> Participants { get; init; }

    /// <summary>One for each finished round.</summary>
    public required IReadOnlyList<RoundSummary> Rounds { get; init; }

    /// <summary>The models that were judged, those of the rounds first: rows of the matrix.</summary>
    public required IReadOnlyList<ModelJudgment> Models { get; init; }

    /// <summary>What the rounds cost in privacy; null without noise.</summary>
    public PrivacySpent? Privacy { get; init; }
}

/// <summary>One participant.</summary>
/// <param name="Name">That of its owner, or "participant-3" in an experiment.</param>
/// <param name="TrainImages">By class; null where <see cref="FederatedEvaluationOptions.MinimumCount"/> keeps a count back.</param>
/// <param name="TestImages">Null where there are fewer than the minimum count.</param>
public sealed record ParticipantSummary(string Name, int Images, IReadOnlyList<int?> TrainImages, int? TestImages, bool IsAttacker);

/// <summary>What happened in a round.</summary>
/// <param name="Round">From 1.</param>
/// <param name="Phase">That of the local training.</param>
/// <param name="Asked">Numbers of the participants that were asked.</param>
/// <param name="Delivered">Of those, the ones whose updates were used.</param>
/// <param name="Missing">The others, each with the reason.</param>
/// <param name="Chosen">Those that a rule such as Krum chose; null for a rule that uses all.</param>
/// <param name="Loss">Mean of the local losses, weighted by images.</param>
/// <param name="UpdateNorm">Euclidean norm of the aggregate.</param>
public sealed record RoundSummary(
    int Round,
    string Phase,
    IReadOnlyList<int> Asked,
    IReadOnlyList<int> Delivered,
    IReadOnlyList<MissingParticipant> Missing,
    IReadOnlyList<int>? Chosen,
    double Loss,
    double UpdateNorm,
    double Seconds,
    string Checkpoint)
{
    /// <summary>From 1: how often its updates were added up, as processes ended or the store was away.</summary>
    public int Attempt { get; init; } = 1;
}

/// <summary>Why a participant was left out of a round.</summary>
public sealed record MissingParticipant(int Participant, string Reason);

/// <summary>One row of the matrix: a model as all participants judge it.</summary>
/// <param name="Round">After which it stands; null for a checkpoint from elsewhere.</param>
/// <param name="Counts">One for each participant, in order; null where it gave none, with the reason in <paramref name="Missing"/>.</param>
public sealed record ModelJudgment(string Checkpoint, int? Round, IReadOnlyList<ParticipantCounts?> Counts, IReadOnlyList<MissingParticipant> Missing);

/// <summary>All that a participant says of a model: how many of its own test images it gets right, clean and under each attack.</summary>
/// <param name="Attacks">The first is "clean", the last "worst-case".</param>
/// <param name="BackdoorHits">Images with the trigger that are taken for its target, in an experiment with a backdoor; else null.</param>
public sealed record ParticipantCounts(int Images, IReadOnlyList<AttackCounts> Attacks, int? BackdoorHits = null, int? BackdoorImages = null);

/// <param name="Classes">By class; null where the class has fewer images than the minimum count.</param>
public sealed record AttackCounts(string Attack, int Correct, IReadOnlyList<ClassCounts?> Classes);

/// <summary>Counts of one class.</summary>
public sealed record ClassCounts(int Correct, int Images);

/// <summary>Differential privacy of all rounds together, for a participant as the unit.</summary>
public sealed record PrivacySpent(double Epsilon, double Delta, double NoiseMultiplier, double SamplingRate, int Rounds);
