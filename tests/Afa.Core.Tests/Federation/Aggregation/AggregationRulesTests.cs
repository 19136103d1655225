using System.ComponentModel.DataAnnotations;
using Afa.Federation.Aggregation;
using Xunit;

namespace Afa.Tests.Federation.Aggregation;

public class AggregationRulesTests
{
    public static TheoryData<AggregationRuleKind> RobustRules => [.. RoundOfUpdates.Rules.Where(rule => rule != AggregationRuleKind.Mean)];

    public static TheoryData<AggregationRuleKind> RulesWithDistances => [.. RoundOfUpdates.Rules.Where(rule => AggregationRules.NeedsDistances(new() { Rule = rule }))];

    [Theory]
    [InlineData(AggregationRuleKind.Median, 2, 5, "Median needs n >= 2 f + 1 updates (n = 4, f = 2: 5).")]
    [InlineData(AggregationRuleKind.TrimmedMean, 2, 5, "TrimmedMean needs n >= 2 f + 1 updates (n = 4, f = 2: 5).")]
    [InlineData(AggregationRuleKind.Krum, 1, 5, "Krum needs n >= 2 f + 3 updates (n = 4, f = 1: 5).")]
    [InlineData(AggregationRuleKind.MultiKrum, 1, 5, "MultiKrum needs n >= 2 f + 3 updates (n = 4, f = 1: 5).")]
    [InlineData(AggregationRuleKind.Bulyan, 2, 11, "Bulyan needs n >= 4 f + 3 updates (n = 10, f = 2: 11).")]
    [InlineData(AggregationRuleKind.GeometricMedian, 3, 7, "GeometricMedian needs n >= 2 f + 1 updates (n = 6, f = 3: 7).")]
    [InlineData(AggregationRuleKind.NormClipping, 3, 7, "NormClipping needs n >= 2 f + 1 updates (n = 6, f = 3: 7).")]
    [InlineData(AggregationRuleKind.CenteredClipping, 3, 7, "CenteredClipping needs n >= 2 f + 1 updates (n = 6, f = 3: 7).")]
    [InlineData(AggregationRuleKind.Mean, 3, 1, "Mean needs n >= 1 updates (n = 0, f = 3: 1).")]
    public void Problem_OneUpdateTooFew_NamesTheInequality(AggregationRuleKind rule, int byzantine, int least, string expected)
    {
        var options = new AggregationOptions { Rule = rule, Byzantine = byzantine };

        Assert.Equal(expected, AggregationRules.Problem(options, least - 1));
        Assert.Null(AggregationRules.Problem(options, least));
    }

    [Fact]
    public void Problem_NearestNeighborMixing_NeedsAnHonestMajority()
    {
        var options = new AggregationOptions { Rule = AggregationRuleKind.Mean, Before = PreAggregation.NearestNeighborMixing, Byzantine = 2 };

        Assert.Equal("NearestNeighborMixing needs n >= 2 f + 1 updates (n = 4, f = 2: 5).", AggregationRules.Problem(options, 4));
        Assert.Null(AggregationRules.Problem(options, 5));
        Assert.Equal("Krum needs n >= 2 f + 3 updates (n = 5, f = 2: 7).", AggregationRules.Problem(options with { Rule = AggregationRuleKind.Krum }, 5));
    }

    [Fact]
    public void Problem_Bucketing_CountsBuckets()
    {
        var options = new AggregationOptions { Rule = AggregationRuleKind.Krum, Before = PreAggregation.Bucketing, BucketSize = 3, Byzantine = 1 };

        Assert.Equal("Krum needs m >= 2 f + 3 buckets (m = 4 of n = 12 updates in buckets of 3, f = 1: 5).", AggregationRules.Problem(options, 12));
        Assert.Null(AggregationRules.Problem(options, 13));
    }

    [Fact]
    public void Problem_OptionsOutOfRange_DoesNotThrow()
    {
        foreach (var options in from rule in RoundOfUpdates.Rules from before in RoundOfUpdates.PreAggregations from value in new[] { int.MinValue, 0, int.MaxValue } select new AggregationOptions { Rule = rule, Before = before, Byzantine = value, BucketSize = value })
        {
            _ = AggregationRules.Problem(options, 10);
            _ = AggregationRules.Problem(options, int.MaxValue);
        }
    }

    [Fact]
    public void NeedsDistances_RulesOfCoordinates_OnlyWithNearestNeighborMixing()
    {
        foreach (var rule in new[] { AggregationRuleKind.Mean, AggregationRuleKind.Median, AggregationRuleKind.TrimmedMean })
        {
            Assert.False(AggregationRules.NeedsDistances(new() { Rule = rule }));
            Assert.False(AggregationRules.NeedsDistances(new() { Rule = rule, Before = PreAggregation.Bucketing }));
            Assert.True(AggregationRules.NeedsDistances(new() { Rule = rule, Before = PreAggregation.NearestNeighborMixing }));
        }
    }

    [Theory]
    [InlineData(AggregationRuleKind.NormClipping, PreAggregation.None, 10, true)]
    [InlineData(AggregationRuleKind.NormClipping, PreAggregation.Bucketing, 10, false)]   // The norm of a mean.
    [InlineData(AggregationRuleKind.NormClipping, PreAggregation.NearestNeighborMixing, 10, false)]
    [InlineData(AggregationRuleKind.CenteredClipping, PreAggregation.None, 1, true)]
    [InlineData(AggregationRuleKind.CenteredClipping, PreAggregation.None, 2, false)]
    [InlineData(AggregationRuleKind.Krum, PreAggregation.None, 1, false)]
    [InlineData(AggregationRuleKind.GeometricMedian, PreAggregation.None, 1, false)]
    public void DistancesFor_RulesOfNorms_AsksForNormsAlone(AggregationRuleKind rule, PreAggregation before, int iterations, bool normsOnly)
    {
        var options = new AggregationOptions { Rule = rule, Before = before, Iterations = iterations };

        Assert.Equal(normsOnly, AggregationRules.NeedsNormsOnly(options));
        Assert.Equal(!normsOnly, AggregationRules.DistancesFor(options, 4)!.HasPairs);
        Assert.Null(AggregationRules.DistancesFor(new(), 4));
    }

    [Theory]
    [InlineData(AggregationRuleKind.NormClipping, null)]
    [InlineData(AggregationRuleKind.NormClipping, 3.0)]
    [InlineData(AggregationRuleKind.CenteredClipping, null)]
    public void Combine_FromNormsAlone_IsThatFromAllDistancesToTheBit(AggregationRuleKind rule, double? clipNorm)
    {
        var updates = RoundOfUpdates.Random(5, 9, 700, far: 2);
        var options = new AggregationOptions { Rule = rule, ClipNorm = clipNorm, Byzantine = 2, Iterations = 1 };
        var distances = new PairwiseDistances(9);
        distances.Add(Array.ConvertAll(updates, update => (ReadOnlyMemory<float>)update));
        var fromAll = AggregationRules.Create(options, [.. updates.Select(_ => 1.0)], distances, seed: 0);

        Assert.Equal(RoundOfUpdates.Combine(fromAll, updates), RoundOfUpdates.Aggregate(options, updates));
    }

    [Fact]
    public void Create_ArgumentsThatDoNotFit_AreRefused()
    {
        var krum = new AggregationOptions { Rule = AggregationRuleKind.Krum };
        double[] weights = [1, 1, 1, 1];

        Assert.StartsWith("Krum needs n >= 2 f + 3", Assert.Throws<ArgumentException>(() => AggregationRules.Create(krum with { Byzantine = 1 }, weights, new(4), 0)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => AggregationRules.Create(krum, weights, null, 0));
        Assert.Throws<ArgumentException>(() => AggregationRules.Create(krum, weights, new(5), 0));
        Assert.Contains("not their norms alone", Assert.Throws<ArgumentException>(() => AggregationRules.Create(krum, weights, new(4, normsOnly: true), 0)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => AggregationRules.Create(new(), [1, 0], null, 0));
        Assert.Throws<ArgumentException>(() => AggregationRules.Create(new(), [1, double.NaN], null, 0));
        Assert.Throws<ValidationException>(() => AggregationRules.Create(new() { Byzantine = -1 }, weights, null, 0));

        foreach (var rule in new[] { AggregationRuleKind.Mean, AggregationRuleKind.Median })
        {
            var plan = AggregationRules.Create(new() { Rule = rule }, [1, 1], null, 0);
            Assert.Throws<ArgumentException>(() => plan.Combine([new float[2]], new float[2]));
            Assert.Throws<ArgumentException>(() => plan.Combine([new float[2], new float[3]], new float[2]));
            Assert.ThrowsAny<ArgumentException>(() => plan.Combine([new float[2], new float[2]], new float[3]));
        }
    }

    [Theory]
    [MemberData(nameof(RobustRules))]
    public void Combine_AsManyUpdatesThatAreNotFiniteAsAllowed_StaysNearTheOthers(AggregationRuleKind rule)
    {
        foreach (var value in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            foreach (var before in RoundOfUpdates.PreAggregations)
            {
                foreach (var isEverywhere in new[] { true, false })
                {
                    var updates = RoundOfUpdates.Random(3, 22, 30);
                    foreach (var bad in new[] { 0, 13 })
                    {
                        updates[bad].AsSpan(0, isEverywhere ? 30 : 1).Fill(value);
                    }

                    var combined = RoundOfUpdates.Aggregate(new() { Rule = rule, Before = before, Byzantine = 2 }, updates);

                    Assert.True(AggregationRules.IsFinite(combined));
                    Assert.All(combined, coordinate => Assert.InRange(coordinate, -4, 6));   // The others lie around 1 with deviation 1.
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(RulesWithDistances))]
    public void Create_MoreUpdatesThatAreNotFiniteThanAllowed_IsRefused(AggregationRuleKind rule)
    {
        var updates = RoundOfUpdates.Random(3, 11, 30);
        updates[0][3] = float.NaN;
        updates[4][7] = float.NegativeInfinity;

        var exception = Assert.Throws<InvalidDataException>(() => RoundOfUpdates.Aggregate(new() { Rule = rule, Byzantine = 1 }, updates));

        Assert.StartsWith($"2 of 11 updates have values that are not finite; {rule} is to withstand f = 1.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Combine_MeanOfAValueThatIsNotFinite_IsRefused()
    {
        Assert.Throws<InvalidDataException>(() => RoundOfUpdates.Aggregate(new(), [[1, 2], [3, float.NaN]]));
        Assert.Throws<InvalidDataException>(() => RoundOfUpdates.Aggregate(new() { Rule = AggregationRuleKind.Median }, [[1], [float.NaN], [float.NaN]]));
    }

    [Fact]
    public void IsFinite_FindsWhatIsNot()
    {
        Assert.True(AggregationRules.IsFinite([]));
        Assert.True(AggregationRules.IsFinite([0, float.MaxValue, float.MinValue]));
        Assert.False(AggregationRules.IsFinite([.. new float[100], float.NaN]));
        Assert.False(AggregationRules.IsFinite([float.NegativeInfinity, .. new float[100]]));
    }
}
