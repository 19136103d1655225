using System.ComponentModel.DataAnnotations;
using System.Numerics.Tensors;

namespace Afa.Federation.Aggregation;

/// <summary>Turns the updates of a round into one, slice by slice, so that memory is bounded by a slice of each.</summary>
/// <remarks>
/// An update is the difference of a participant's model to the last one. What depends on whole updates follows from their pairwise distances: the caller lets all slices
/// pass once for these, if a rule needs them, and once to combine them.
/// </remarks>
public static class AggregationRules
{
    /// <summary>Why a rule cannot work on so many updates, with the inequality that does not hold; null if it can.</summary>
    /// <remarks>
    /// The conditions of the papers; n ≥ 2 f + 1, that the bad ones are fewer than half, where they state no other. Buckets take the place of the updates, and each bad update may spoil one. The mean withstands
    /// none and asks for nothing; nor does norm clipping to a given norm, which bounds what each update does.
    /// </remarks>
    public static string? Problem(AggregationOptions options, int updates)
    {
        var f = options.Byzantine;
        if (options.Before == PreAggregation.NearestNeighborMixing && updates < (2L * f) + 1)
        {
            return $"{options.Before} needs n >= 2 f + 1 updates (n = {updates}, f = {f}: {(2L * f) + 1}).";
        }

        var (perByzantine, more) = Needed(options);
        var needed = (perByzantine * (long)f) + more;
        var inequality = perByzantine == 0 ? $"{more}" : $"{perByzantine} f + {more}";
        if (options.Before == PreAggregation.Bucketing)
        {
            var size = Math.Max(1, options.BucketSize);   // Options are asked for problems together, whatever they are.
            var buckets = (int)((updates + (long)size - 1) / size);
            return buckets >= needed ? null : $"{options.Rule} needs m >= {inequality} buckets (m = {buckets} of n = {updates} updates in buckets of {size}, f = {f}: {needed}).";
        }

        return updates >= needed ? null : $"{options.Rule} needs n >= {inequality} updates (n = {updates}, f = {f}: {needed}).";
    }

    /// <summary>Whether <see cref="Create"/> needs the distances between updates, hence a first pass over all slices.</summary>
    public static bool NeedsDistances(AggregationOptions options) =>
        options.Before == PreAggregation.NearestNeighborMixing
        || options.Rule is not (AggregationRuleKind.Mean or AggregationRuleKind.Median or AggregationRuleKind.TrimmedMean);

    /// <summary>Whether <see cref="Create"/> needs no more of them than the norms of the updates: n sums over the coordinates, where the distances of all pairs are n (n − 1) / 2 more.</summary>
    /// <remarks>The second iteration of centered clipping asks for distances to a point among the updates, and the norm of a mean depends on those between its members.</remarks>
    public static bool NeedsNormsOnly(AggregationOptions options) =>
        options is { Before: PreAggregation.None, Rule: AggregationRuleKind.NormClipping } or { Before: PreAggregation.None, Rule: AggregationRuleKind.CenteredClipping, Iterations: 1 };

    /// <summary>What a first pass over all slices is to fill for <see cref="Create"/>; null if it needs none.</summary>
    public static PairwiseDistances? DistancesFor(AggregationOptions options, int updates) =>
        NeedsDistances(options) ? new PairwiseDistances(updates, normsOnly: NeedsNormsOnly(options)) : null;

    /// <summary>Whether all values of an update, or of a slice, are finite. Updates that are not had better be left out before they are aggregated.</summary>
    public static bool IsFinite(ReadOnlySpan<float> update) => update.IsEmpty || TensorPrimitives.IsFiniteAll(update);   // False of no values.

    /// <summary>Decides how the updates of a round are combined.</summary>
    /// <param name="weights">Of each update, greater than 0, such as its number of images. Only the mean of unmixed updates uses them: a weight is a participant's own claim, by which it could gain influence.</param>
    /// <param name="distances">Of <see cref="DistancesFor"/>, with all coordinates added.</param>
    /// <param name="seed">Of the round; from it the random buckets are drawn.</param>
    /// <remarks>
    /// Values that are not finite: the mean refuses them; the median and the trimmed mean take them for outliers of their coordinate; a rule that needs distances never
    /// lets such an update in, and refuses more than f of them.
    /// </remarks>
    /// <exception cref="ValidationException">An option is out of range.</exception>
    /// <exception cref="ArgumentException">The rule cannot work on so many updates (<see cref="Problem"/>), a weight is not greater than 0, or the distances are missing or of other updates.</exception>
    /// <exception cref="InvalidDataException">More than f updates, or means of them, have values that are not finite.</exception>
    public static IAggregation Create(AggregationOptions options, IReadOnlyList<double> weights, PairwiseDistances? distances, ulong seed)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        Check(options, weights, distances);

        var updates = NeedsDistances(options) ? VectorDistances.Of(distances!) : null;
        var mixing = options.Before switch
        {
            PreAggregation.NearestNeighborMixing => Mixing.NearestNeighbors(updates!, options.Byzantine),
            PreAggregation.Bucketing => Mixing.Buckets(weights.Count, options.BucketSize, seed),
            _ => Mixing.None(weights.Count),
        };

        if (updates is null)
        {
            return WithoutDistances(options, mixing, weights);
        }

        var vectors = options.Before == PreAggregation.None ? updates : updates.After(mixing);
        var notFinite = Enumerable.Range(0, vectors.Count).Count(i => !vectors.IsFinite(i));
        if (notFinite > options.Byzantine)
        {
            throw new InvalidDataException($"{notFinite} of {vectors.Count} updates have values that are not finite; {options.Rule} is to withstand f = {options.Byzantine}. Leave them out.");
        }

        return WithDistances(options, mixing, vectors, weights);
    }

    private static IAggregation WithoutDistances(AggregationOptions options, Mixing mixing, IReadOnlyList<double> weights) => options.Rule switch
    {
        AggregationRuleKind.Mean => new WeightedSum(mixing.Combine(options.Before == PreAggregation.None ? Normalized(weights) : Equal(mixing.Count))),
        AggregationRuleKind.Median => new SortedCoordinates(mixing, OrderStatistics.Median),
        AggregationRuleKind.TrimmedMean => new SortedCoordinates(mixing, (sorted, count, combined) => OrderStatistics.TrimmedMean(sorted, count, options.Byzantine, combined)),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Rule, $"The rule must be one of {string.Join(", ", Enum.GetNames<AggregationRuleKind>())}."),
    };

    private static IAggregation WithDistances(AggregationOptions options, Mixing mixing, VectorDistances vectors, IReadOnlyList<double> weights)
    {
        var f = options.Byzantine;
        return options.Rule switch
        {
            AggregationRuleKind.Krum => MeanOf(new KrumSelection(vectors, f).Best(1)),
            AggregationRuleKind.MultiKrum => MeanOf(new KrumSelection(vectors, f).Best(vectors.Count - f)),
            AggregationRuleKind.Bulyan => Bulyan(new KrumSelection(vectors, f).OneByOne(vectors.Count - (2 * f))),
            AggregationRuleKind.GeometricMedian => new WeightedSum(mixing.Combine(GeometricMedian.Weights(vectors, f, options.Iterations))),
            AggregationRuleKind.NormClipping => new WeightedSum(mixing.Combine(Clipping.ByNorm(vectors, options.ClipNorm))),
            AggregationRuleKind.CenteredClipping => new WeightedSum(mixing.Combine(Clipping.Centered(vectors, options.ClipNorm, options.Iterations))),
            _ => WithoutDistances(options, mixing, weights),
        };

        IReadOnlyList<int>? Chosen(int[] vectors) => options.Before == PreAggregation.None ? vectors : null;

        WeightedSum MeanOf(int[] chosen)
        {
            var equal = new double[mixing.Count];
            foreach (var vector in chosen)
            {
                equal[vector] = 1.0 / chosen.Length;
            }

            return new(mixing.Combine(equal), Chosen(chosen));
        }

        // The second step of El Mhamdi et al. 2018: of the θ chosen values of a coordinate the mean of the θ − 2 f nearest to their median.
        SortedCoordinates Bulyan(int[] chosen) => new(
            mixing.Select(chosen),
            (sorted, count, combined) => OrderStatistics.MeanAroundMedian(sorted, count, count - (2 * f), combined),
            Chosen(chosen));
    }

    /// <summary>The least number of vectors, as a multiple of f and a constant.</summary>
    private static (int PerByzantine, int More) Needed(AggregationOptions options) => options.Rule switch
    {
        AggregationRuleKind.Mean => (0, 1),
        AggregationRuleKind.NormClipping when options.ClipNorm is not null => (0, 1),
        AggregationRuleKind.Krum or AggregationRuleKind.MultiKrum => (2, 3),
        AggregationRuleKind.Bulyan => (4, 3),
        _ => (2, 1),
    };

    private static void Check(AggregationOptions options, IReadOnlyList<double> weights, PairwiseDistances? distances)
    {
        if (Problem(options, weights.Count) is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        foreach (var weight in weights)
        {
            if (weight is not (> 0 and < double.PositiveInfinity))
            {
                throw new ArgumentException($"Each weight must be greater than 0, not {weight}.", nameof(weights));
            }
        }

        if (NeedsDistances(options) && (distances?.Count != weights.Count || !(distances.HasPairs || NeedsNormsOnly(options))))
        {
            var given = distances is null ? "none" : distances.HasPairs ? $"those of {distances.Count}" : "their norms alone";
            throw new ArgumentException($"{options.Rule} with {options.Before} before it needs the distances of the {weights.Count} updates, not {given}.", nameof(distances));
        }
    }

    private static double[] Normalized(IReadOnlyList<double> weights)
    {
        var sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }

    private static double[] Equal(int count) => [.. Enumerable.Repeat(1.0 / count, count)];
}
