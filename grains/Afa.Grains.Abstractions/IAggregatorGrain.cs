namespace Afa.Grains;

/// <summary>Makes the new global model from the updates of one round, slice by slice. The key is "federation/round".</summary>
[Alias("afa.aggregator")]
public interface IAggregatorGrain : IGrainWithStringKey
{
    /// <summary>Asks the participants for their updates and stores the new model. Repeating the call gives the same answer; the updates are not added up again once a model is stored.</summary>
    [Alias("aggregate"), ResponseTimeout("00:30:00")]
    Task<AggregationReport> AggregateAsync(AggregationRequest request);
}

/// <summary>The updates of one round.</summary>
/// <param name="Round">From 0.</param>
/// <param name="OptionsJson">JSON of <c>Afa.Federation.FederationOptions</c>.</param>
/// <param name="Checkpoint">Name of the global model that the participants started from.</param>
/// <param name="NewCheckpoints">Names for the new one: last the one to use, before it those of earlier attempts, of which one may have come to an end after all.</param>
/// <param name="Participants">Numbers of those that have an update.</param>
/// <param name="Images">Images of each, their weights.</param>
/// <param name="Least">How many updates are needed.</param>
/// <param name="Metrics">To be stored with the new model.</param>
[GenerateSerializer, Immutable, Alias("afa.aggregation-request")]
public sealed record AggregationRequest(
    [property: Id(0)] string Federation,
    [property: Id(1)] int Round,
    [property: Id(2)] string OptionsJson,
    [property: Id(3)] string Checkpoint,
    [property: Id(4)] IReadOnlyList<string> NewCheckpoints,
    [property: Id(5)] IReadOnlyList<int> Participants,
    [property: Id(6)] IReadOnlyList<int> Images,
    [property: Id(7)] int Least,
    [property: Id(8)] IReadOnlyDictionary<string, double> Metrics);

/// <summary>What became of the updates.</summary>
/// <param name="Checkpoint">Name of the new model; empty with a problem.</param>
/// <param name="Delivered">Numbers of the participants whose updates are in the new model.</param>
/// <param name="Lost">The others, each with the reason.</param>
/// <param name="Chosen">Numbers of those that the rule chose; null for a rule that uses all.</param>
/// <param name="UpdateNorm">Euclidean norm of the aggregate.</param>
/// <param name="Problem">Why there is no new model: too few updates; else null.</param>
[GenerateSerializer, Immutable, Alias("afa.aggregation-report")]
public sealed record AggregationReport(
    [property: Id(0)] string Checkpoint,
    [property: Id(1)] IReadOnlyList<int> Delivered,
    [property: Id(2)] IReadOnlyDictionary<int, string> Lost,
    [property: Id(3)] IReadOnlyList<int>? Chosen,
    [property: Id(4)] double UpdateNorm,
    [property: Id(5)] string? Problem);
