namespace Afa.Federation.Aggregation;

/// <summary>Turns the updates of a round into one, slice by slice, so that memory is bounded by a slice of each.</summary>
public static class AggregationRules
{
    /// <summary>Why a rule cannot work on so many updates, with the inequality that does not hold; null if it can.</summary>
    public static string? Problem(AggregationOptions options, int updates) => null;
}
