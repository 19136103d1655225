using Afa.Federation.Aggregation;
using Xunit;

namespace Afa.Tests.Federation.Aggregation;

/// <summary>Each rule against values worked by hand and against what defines it.</summary>
public class RuleTests
{
    private const double Rounding = 1e-6;   // Of the result to float32.

    [Fact]
    public void Mean_TwoUpdates_IsWeighted() =>
        Assert.Equal([2.5f, 5], RoundOfUpdates.Aggregate(new() { Rule = AggregationRuleKind.Mean }, [[1, 2], [3, 6]], weights: [50, 150]));

    [Fact]
    public void Median_OddAndEvenNumber_IsTheMiddleOrTheMeanOfBoth()
    {
        var options = new AggregationOptions { Rule = AggregationRuleKind.Median, Byzantine = 1 };

        Assert.Equal([2f, -1], RoundOfUpdates.Aggregate(options, [[1, -1], [100, -2], [2, 7]], weights: [1, 1, 1000]));
        Assert.Equal([2.5f], RoundOfUpdates.Aggregate(options, RoundOfUpdates.OneCoordinate(3, -50, 2, 8)));
        Assert.Equal([float.MaxValue], RoundOfUpdates.Aggregate(options, RoundOfUpdates.OneCoordinate(float.MaxValue, 0, float.MaxValue, float.MaxValue)));
    }

    [Fact]
    public void TrimmedMean_FiveUpdates_LeavesOutOneAtEachEnd() =>
        Assert.Equal([3f], RoundOfUpdates.Aggregate(new() { Rule = AggregationRuleKind.TrimmedMean, Byzantine = 1 }, RoundOfUpdates.OneCoordinate(50, 1, 2, 6, -100)));

    [Theory]
    [InlineData(AggregationRuleKind.Median)]
    [InlineData(AggregationRuleKind.TrimmedMean)]
    public void CoordinateRule_AnyAttack_StaysInTheRangeOfTheHonestUpdates(AggregationRuleKind rule)
    {
        for (var i = 0; i < 30; i++)
        {
            var random = new Random(i);
            var (f, length) = (random.Next(1, 5), random.Next(1, 600));
            var honest = RoundOfUpdates.Random(i, (2 * f) + 1 + random.Next(4) - f, length);
            var attackers = Enumerable.Range(0, f).Select(_ => Enumerable.Range(0, length).Select(_ => (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-2, 30)))).ToArray());

            var combined = RoundOfUpdates.Aggregate(new() { Rule = rule, Byzantine = f }, [.. attackers, .. honest]);

            for (var coordinate = 0; coordinate < length; coordinate++)
            {
                var values = honest.Select(update => update[coordinate]).ToArray();
                Assert.InRange(combined[coordinate], values.Min() - 1e-6f, values.Max() + 1e-6f);
            }
        }
    }

    [Fact]
    public void Krum_FiveNumbers_TakesTheOneWithTheNearestTwo()
    {
        // n − f − 2 = 2 nearest. Scores: 0: 1 + 4; 1: 1 + 1; 2: 0.25 + 1; 2.5: 0.25 + 2.25; 100: far.
        var updates = RoundOfUpdates.OneCoordinate(0, 1, 2, 2.5f, 100);
        var krum = RoundOfUpdates.Plan(new() { Rule = AggregationRuleKind.Krum, Byzantine = 1 }, updates);
        Assert.Equal([2], krum.Chosen!);
        Assert.Equal([2f], RoundOfUpdates.Combine(krum, updates));

        var multiKrum = RoundOfUpdates.Plan(new() { Rule = AggregationRuleKind.MultiKrum, Byzantine = 1 }, updates);
        Assert.Equal([0, 1, 2, 3], multiKrum.Chosen!);
        Assert.Equal([1.375f], RoundOfUpdates.Combine(multiKrum, updates));
    }

    [Fact]
    public void Krum_AnyUpdates_ReturnsOneOfThemBitForBit()
    {
        for (var i = 0; i < 30; i++)
        {
            var updates = RoundOfUpdates.Random(i, 5 + (i % 7), 1 + (i * 40), far: 1);

            var krum = RoundOfUpdates.Plan(new() { Rule = AggregationRuleKind.Krum, Byzantine = 1 }, updates);

            Assert.Equal(updates[Assert.Single(krum.Chosen!)], RoundOfUpdates.Combine(krum, updates));
            Assert.NotEqual(updates.Length - 1, krum.Chosen![0]);   // The far one.
        }
    }

    [Fact]
    public void Bulyan_SevenNumbers_MatchesTheValueWorkedByHand()
    {
        // Krum takes one after the other: with 4 nearest of 7 left 2 (1 + 2.25 + 4 + 12.25 = 19.5), with 3 of 6 left 3.5 (4 + 6.25 + 12.25), with 2 of 5 left 1 (1 + 20.25),
        // with 1 of 4 left 5.5 (6.25 as 8, but nearer to the second nearest), with 1 of 3 left 8 (64 as 0, but nearer to 1000).
        // The median of 1, 2, 3.5, 5.5, 8 is 3.5; the three nearest to it are 2, 3.5, 5.5.
        var updates = RoundOfUpdates.OneCoordinate(0, 1, 2, 3.5f, 5.5f, 8, 1000);
        var bulyan = RoundOfUpdates.Plan(new() { Rule = AggregationRuleKind.Bulyan, Byzantine = 1 }, updates);

        Assert.Equal([1, 2, 3, 4, 5], bulyan.Chosen!);
        Assert.Equal(11.0 / 3, Assert.Single(RoundOfUpdates.Combine(bulyan, updates)), tolerance: Rounding);
    }

    [Fact]
    public void Bulyan_OneFarUpdate_DoesNotChooseIt()
    {
        for (var i = 0; i < 30; i++)
        {
            var updates = RoundOfUpdates.Random(i, 7 + (i % 5), 10, far: 1);
            Assert.DoesNotContain(updates.Length - 1, RoundOfUpdates.Plan(new() { Rule = AggregationRuleKind.Bulyan, Byzantine = 1 }, updates).Chosen!);
        }
    }

    [Fact]
    public void GeometricMedian_CornersOfAQuadrilateral_IsWhereTheDiagonalsCross()
    {
        // The lines y = x and x / 4 + y / 2 = 1.
        var combined = RoundOfUpdates.Aggregate(new() { Rule = AggregationRuleKind.GeometricMedian, Iterations = 1000 }, [[0, 0], [4, 0], [3, 3], [0, 2]]);

        Assert.Equal(4.0 / 3, combined[0], tolerance: Rounding);
        Assert.Equal(4.0 / 3, combined[1], tolerance: Rounding);
    }

    [Fact]
    public void GeometricMedian_AnyUpdates_HasTheSmallestSumOfDistances()
    {
        for (var i = 0; i < 30; i++)
        {
            var random = new Random(i);
            var updates = RoundOfUpdates.Random(i, 5 + (i % 6), 2 + (i % 5), far: 2);
            var median = RoundOfUpdates.Aggregate(new() { Rule = AggregationRuleKind.GeometricMedian, Byzantine = 2, Iterations = 1000 }, updates);

            var least = updates.Sum(update => RoundOfUpdates.Distance(update, median));
            for (var j = 0; j < 50; j++)
            {
                var size = Math.Pow(10, -1 - (j % 3));
                var other = Array.ConvertAll(median, value => (float)(value + (size * (random.NextDouble() - 0.5))));
                Assert.True(updates.Sum(update => RoundOfUpdates.Distance(update, other)) > least - 1e-5);   // Float32 coordinates, and a median at an update is approached slowly.
            }
        }
    }

    [Theory]
    [InlineData(1e6f)]
    [InlineData(1e9f)]
    [InlineData(1e20f)]
    [InlineData(3e38f)]
    public void GeometricMedian_AttackersAsFarAsTheyLike_StaysNearInFewIterations(float far)
    {
        // From the mean every iteration would gain a factor (n − f) / f = 1.5.
        float[][] updates = [.. RoundOfUpdates.Random(1, 6, 20), .. Enumerable.Range(0, 4).Select(_ => Enumerable.Repeat(far, 20).ToArray())];

        Assert.InRange(RoundOfUpdates.Norm(RoundOfUpdates.Aggregate(new() { Rule = AggregationRuleKind.GeometricMedian, Byzantine = 4 }, updates)), 0, 20);
    }

    [Fact]
    public void GeometricMedian_MoreThanHalfAreEqual_IsThese() =>
        AssertClose([1, -2], RoundOfUpdates.Aggregate(new() { Rule = AggregationRuleKind.GeometricMedian, Byzantine = 2 }, [[1, -2], [5, 5], [1, -2], [3e38f, 0], [1, -2]]));

    [Theory]
    [InlineData(1e9f)]
    [InlineData(3e38f)]
    public void CenteredClipping_AttackersAsFarAsTheyLike_StaysNear(float far)
    {
        float[][] updates = [.. RoundOfUpdates.Random(1, 6, 20), .. Enumerable.Range(0, 4).Select(_ => Enumerable.Repeat(far, 20).ToArray())];

        // Honest norms are about √40. In a step the attackers move the result by at most 0.4 τ and the honest ones pull it back.
        Assert.InRange(RoundOfUpdates.Norm(RoundOfUpdates.Aggregate(new() { Rule = AggregationRuleKind.CenteredClipping, Byzantine = 4 }, updates)), 0, 20);
    }

    [Fact]
    public void NormClipping_NormOrMedianOfTheNorms_ShortensWhatIsLonger()
    {
        // Norms 5 and 1 at most 2: (1.2, 1.6) and (0.6, 0.8).
        AssertClose([0.9, 1.2], RoundOfUpdates.Aggregate(new() { Rule = AggregationRuleKind.NormClipping, ClipNorm = 2 }, [[3, 4], [0.6f, 0.8f]], weights: [1, 9]));

        // Norms 1, 5, 10, at most 5: (3 + 0 − 5) / 3 and (4 + 1 + 0) / 3.
        AssertClose([-2.0 / 3, 5.0 / 3], RoundOfUpdates.Aggregate(new() { Rule = AggregationRuleKind.NormClipping, Byzantine = 1 }, [[3, 4], [0, 1], [-10, 0]]));
    }

    [Fact]
    public void CenteredClipping_TwoIterations_MatchesTheValueWorkedByHand()
    {
        // v = 0: 1, 2 and 2 of 9 give 5/3. Then −2/3, 1/3 and 2 of 22/3 give 5/3 + 5/9.
        var updates = RoundOfUpdates.OneCoordinate(1, 2, 9);
        AssertClose([5.0 / 3], RoundOfUpdates.Aggregate(new() { Rule = AggregationRuleKind.CenteredClipping, ClipNorm = 2, Iterations = 1 }, updates));
        AssertClose([20.0 / 9], RoundOfUpdates.Aggregate(new() { Rule = AggregationRuleKind.CenteredClipping, ClipNorm = 2, Iterations = 2 }, updates));
    }

    [Theory]
    [InlineData(AggregationRuleKind.NormClipping, 1)]
    [InlineData(AggregationRuleKind.CenteredClipping, 1)]
    [InlineData(AggregationRuleKind.CenteredClipping, 4)]
    public void Clipping_AnyUpdates_NeverExceedsTheNormInAStep(AggregationRuleKind rule, int iterations)
    {
        for (var i = 0; i < 30; i++)
        {
            var updates = RoundOfUpdates.Random(i, 4 + (i % 5), 30, far: i % 4);
            var norm = 0.1 + i;
            var combined = RoundOfUpdates.Aggregate(new() { Rule = rule, ClipNorm = norm, Iterations = iterations }, updates);
            Assert.True(RoundOfUpdates.Norm(combined) <= iterations * norm * (1 + 1e-6));
        }
    }

    [Fact]
    public void Clipping_NormLargerThanAll_IsTheMean()
    {
        var updates = RoundOfUpdates.Random(3, 8, 30);
        var mean = RoundOfUpdates.Aggregate(new(), updates);
        foreach (var rule in new[] { AggregationRuleKind.NormClipping, AggregationRuleKind.CenteredClipping })
        {
            Assert.True(RoundOfUpdates.Distance(mean, RoundOfUpdates.Aggregate(new() { Rule = rule, ClipNorm = 1000 }, updates)) < 1e-5);
        }
    }

    [Fact]
    public void EveryRule_UpdatesThatAreAllZero_GivesZero()
    {
        foreach (var rule in RoundOfUpdates.Rules)
        {
            Assert.Equal(new float[5], RoundOfUpdates.Aggregate(new() { Rule = rule, Byzantine = 1 }, [.. Enumerable.Range(0, 7).Select(_ => new float[5])]));
        }
    }

    [Fact]
    public void EveryRule_NoAttackersInEqualUpdates_GivesTheUpdate()
    {
        foreach (var rule in RoundOfUpdates.Rules)
        {
            AssertClose([1, -2], RoundOfUpdates.Aggregate(new() { Rule = rule }, [[1, -2], [1, -2], [1, -2]]));
        }
    }

    private static void AssertClose(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], tolerance: Rounding);
        }
    }
}
