using Afa.Federation.Aggregation;
using Xunit;

namespace Afa.Tests.Federation.Aggregation;

/// <summary>All rules with all pre-aggregations: against whole vectors, cut into slices, in another order.</summary>
public class AggregationTests
{
    public static TheoryData<AggregationRuleKind, PreAggregation> All => [.. from rule in RoundOfUpdates.Rules from before in RoundOfUpdates.PreAggregations select (rule, before)];

    [Theory]
    [MemberData(nameof(All))]
    public void Combine_ThirtyRandomRounds_MatchesTheDefinitionOnWholeVectors(AggregationRuleKind rule, PreAggregation before)
    {
        for (var i = 0; i < 30; i++)
        {
            var (options, updates, weights) = Case(rule, before, i);

            var combined = RoundOfUpdates.Aggregate(options, updates, weights, seed: (ulong)i, slices: 1 + (i % 3));

            var expected = WholeVectorAggregation.Aggregate(options, [.. updates.Select(update => Array.ConvertAll(update, value => (double)value))], weights, (ulong)i);
            for (var coordinate = 0; coordinate < expected.Length; coordinate++)
            {
                // Values up to 60 in float32, rounded once when mixed and once at the end.
                Assert.Equal(expected[coordinate], combined[coordinate], tolerance: 1e-5);
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Combine_OneSliceOrSeven_GivesTheSame(AggregationRuleKind rule, PreAggregation before)
    {
        // Longer than a block, and no multiple of one or of a vector register.
        var options = Case(rule, before, 0).Options with { Byzantine = 1, BucketSize = 2 };
        var updates = RoundOfUpdates.Random(7, 15, 1237, far: 1);
        var plan = RoundOfUpdates.Plan(options, updates);

        Assert.Equal(RoundOfUpdates.Combine(plan, updates), RoundOfUpdates.Combine(plan, updates, slices: 7));   // To the last bit.

        var whole = RoundOfUpdates.Aggregate(options, updates);
        var sliced = RoundOfUpdates.Aggregate(options, updates, slices: 7);
        Assert.True(RoundOfUpdates.Distance(whole, sliced) < 1e-6 * RoundOfUpdates.Norm(whole));   // Distances are summed in another order.
        if (!AggregationRules.NeedsDistances(options))
        {
            Assert.Equal(whole, sliced);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Combine_UpdatesInAnotherOrder_GivesTheSame(AggregationRuleKind rule, PreAggregation before)
    {
        if (before == PreAggregation.Bucketing)
        {
            return;   // Buckets are drawn by position.
        }

        for (var i = 0; i < 5; i++)
        {
            var (options, updates, weights) = Case(rule, before, i);
            int[] order = [.. Enumerable.Range(0, updates.Length)];
            new Random(i).Shuffle(order);

            var expected = RoundOfUpdates.Aggregate(options, updates, weights);
            var combined = RoundOfUpdates.Aggregate(options, [.. order.Select(j => updates[j])], [.. order.Select(j => weights[j])]);

            Assert.True(RoundOfUpdates.Distance(expected, combined) < 1e-5, $"{RoundOfUpdates.Distance(expected, combined)}");   // Sums in another order.
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Combine_UpdatesMovedBySomething_MovesTheAggregateByIt(AggregationRuleKind rule, PreAggregation before)
    {
        if (rule is AggregationRuleKind.NormClipping or AggregationRuleKind.CenteredClipping)
        {
            return;   // They look at the updates from the origin.
        }

        for (var i = 0; i < 5; i++)
        {
            var (options, updates, weights) = Case(rule, before, i);
            var moved = Array.ConvertAll(updates, update => Array.ConvertAll(update, value => value + 5));

            var expected = RoundOfUpdates.Aggregate(options, updates, weights).Select(value => value + 5);

            Assert.True(RoundOfUpdates.Distance(expected, RoundOfUpdates.Aggregate(options, moved, weights)) < 1e-4);   // Float32 values up to 60, moved.
        }
    }

    /// <summary>As many attackers as the rule bears, of which the far updates are those.</summary>
    private static (AggregationOptions Options, float[][] Updates, double[] Weights) Case(AggregationRuleKind rule, PreAggregation before, int seed)
    {
        var random = new Random(seed);
        var count = random.Next(9, 17);
        var options = new AggregationOptions
        {
            Rule = rule,
            Before = before,
            Byzantine = random.Next(1, 4),
            BucketSize = random.Next(1, 4),
            ClipNorm = seed % 2 == 0 ? null : 1 + (10 * random.NextDouble()),
            Iterations = random.Next(1, 12),
        };
        while (AggregationRules.Problem(options, count) is not null)
        {
            options = options.Byzantine > 0 ? options with { Byzantine = options.Byzantine - 1 } : options with { BucketSize = options.BucketSize - 1 };
        }

        return (options, RoundOfUpdates.Random(seed, count, random.Next(1, 40), options.Byzantine), [.. Enumerable.Range(0, count).Select(_ => 1 + random.NextDouble())]);
    }
}
