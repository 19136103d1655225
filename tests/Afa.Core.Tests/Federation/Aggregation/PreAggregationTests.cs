using Afa.Federation.Aggregation;
using Xunit;

namespace Afa.Tests.Federation.Aggregation;

public class PreAggregationTests
{
    [Fact]
    public void NearestNeighborMixing_FourNumbers_MatchesTheValuesWorkedByHand()
    {
        // Three nearest of each: 0, 1 and 3 share {0, 1, 3}; 10 has {10, 3, 1}. The mean of 4/3 three times and 14/3 is 26/12, the median 4/3.
        var updates = RoundOfUpdates.OneCoordinate(0, 1, 3, 10);
        var options = new AggregationOptions { Before = PreAggregation.NearestNeighborMixing, Byzantine = 1 };

        Assert.Equal(26.0 / 12, Assert.Single(RoundOfUpdates.Aggregate(options, updates)), tolerance: 1e-6);
        Assert.Equal(4.0 / 3, Assert.Single(RoundOfUpdates.Aggregate(options with { Rule = AggregationRuleKind.Median }, updates)), tolerance: 1e-6);
    }

    [Fact]
    public void NearestNeighborMixing_WithoutByzantine_LeavesEveryRuleTheMean()
    {
        var updates = RoundOfUpdates.Random(5, 6, 40);
        var mean = RoundOfUpdates.Aggregate(new(), updates);
        foreach (var rule in RoundOfUpdates.Rules.Where(rule => rule is not (AggregationRuleKind.NormClipping or AggregationRuleKind.CenteredClipping)))
        {
            var combined = RoundOfUpdates.Aggregate(new() { Rule = rule, Before = PreAggregation.NearestNeighborMixing }, updates);
            Assert.True(RoundOfUpdates.Distance(mean, combined) < 1e-5);
        }
    }

    [Fact]
    public void Bucketing_BucketsOfOneSize_KeepsTheMean()
    {
        var updates = RoundOfUpdates.Random(5, 12, 40);
        var mean = RoundOfUpdates.Aggregate(new(), updates);
        foreach (var size in new[] { 1, 2, 3, 4, 6, 12, 100 })
        {
            Assert.True(RoundOfUpdates.Distance(mean, RoundOfUpdates.Aggregate(new() { Before = PreAggregation.Bucketing, BucketSize = size }, updates)) < 1e-5);
        }
    }

    [Fact]
    public void Bucketing_OneUpdateInEach_ChangesNoRule()
    {
        var updates = RoundOfUpdates.Random(5, 11, 40, far: 2);
        foreach (var rule in RoundOfUpdates.Rules)
        {
            var options = new AggregationOptions { Rule = rule, Byzantine = 2 };
            var combined = RoundOfUpdates.Aggregate(options with { Before = PreAggregation.Bucketing, BucketSize = 1 }, updates);
            Assert.True(RoundOfUpdates.Distance(RoundOfUpdates.Aggregate(options, updates), combined) < 1e-5);
        }
    }

    [Fact]
    public void Buckets_AnySeed_HoldEveryUpdateOnce()
    {
        var seen = new HashSet<string>();
        for (var seed = 0UL; seed < 20; seed++)
        {
            var mixing = Mixing.Buckets(7, 3, seed);

            Assert.Equal(3, mixing.Count);
            double[][] rows = [.. Enumerable.Range(0, 3).Select(bucket => mixing.Row(bucket).ToArray())];
            Assert.All(rows, row => Assert.Equal(1, row.Sum(), tolerance: 1e-15));
            Assert.All(Enumerable.Range(0, 7), update => Assert.Single(rows, row => row[update] > 0));
            Assert.Equal([1, 3, 3], rows.Select(row => row.Count(share => share > 0)).Order());
            Assert.Equal(rows, Enumerable.Range(0, 3).Select(bucket => Mixing.Buckets(7, 3, seed).Row(bucket).ToArray()));
            seen.Add(string.Join(",", rows[0]));
        }

        Assert.True(seen.Count > 5);   // Of 35 first buckets.
    }

    [Fact]
    public void Krum_OfMixedUpdates_ChoosesNone()
    {
        var updates = RoundOfUpdates.Random(5, 11, 4);
        Assert.Null(RoundOfUpdates.Plan(new() { Rule = AggregationRuleKind.Krum, Before = PreAggregation.NearestNeighborMixing, Byzantine = 1 }, updates).Chosen);
        Assert.Null(RoundOfUpdates.Plan(new() { Rule = AggregationRuleKind.Bulyan, Before = PreAggregation.Bucketing, BucketSize = 1, Byzantine = 1 }, updates).Chosen);
        Assert.Null(RoundOfUpdates.Plan(new() { Rule = AggregationRuleKind.Median }, updates).Chosen);
    }
}
