namespace Afa.Grains;

/// <summary>How far a federation is.</summary>
/// <param name="OptionsJson">JSON of <c>Afa.Federation.FederationOptions</c>, with all defaults filled in.</param>
/// <param name="Round">Finished rounds.</param>
/// <param name="Rounds">All rounds.</param>
/// <param name="Doing">Such as "round 3: 7 of 10 participants have trained"; empty unless it is at work.</param>
/// <param name="Share">Share of the work that is done, in [0, 1]; an estimate.</param>
/// <param name="TimeLeft">Estimate; null until it is known.</param>
/// <param name="CleanAccuracy">Of the newest judged model, pooled over the participants; null before the first.</param>
/// <param name="RobustAccuracy">Likewise in the worst case over its attacks.</param>
/// <param name="WorstParticipant">Smallest worst-case accuracy of a participant; null before the first.</param>
/// <param name="Checkpoint">Name of the newest global model; null before the first.</param>
/// <param name="Message">Why it rests, or what a user should know; else null.</param>
[GenerateSerializer, Immutable, Alias("afa.federation-status")]
public sealed record FederationStatus(
    [property: Id(0)] string Federation,
    [property: Id(1)] RunState State,
    [property: Id(2)] string OptionsJson,
    [property: Id(3)] DateTimeOffset CreatedAt,
    [property: Id(4)] int Round,
    [property: Id(5)] int Rounds,
    [property: Id(6)] string Doing,
    [property: Id(7)] double Share,
    [property: Id(8)] TimeSpan? TimeLeft,
    [property: Id(9)] TimeSpan Elapsed,
    [property: Id(10)] double? CleanAccuracy,
    [property: Id(11)] double? RobustAccuracy,
    [property: Id(12)] double? WorstParticipant,
    [property: Id(13)] string? Checkpoint,
    [property: Id(14)] string? Message);
