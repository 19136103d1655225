using Afa.Federation.Aggregation;
using Afa.Tests.Golden;
using Xunit;

namespace Afa.Tests.Federation.Aggregation;

/// <summary>The rules against what ByzFL and Flower make of the same updates (Golden/README.md), where their conventions differ with these taken into account.</summary>
public class ReferenceRuleTests
{
    private const double ClipNorm = 3;

    /// <summary>n and f of the rounds by their names.</summary>
    private static readonly Dictionary<string, (int Updates, int Byzantine)> s_rounds = new()
    {
        ["n5f0"] = (5, 0),
        ["n5f1"] = (5, 1),
        ["n10f2"] = (10, 2),
        ["n10f3"] = (10, 3),
        ["n13f2"] = (13, 2),
        ["n13f3"] = (13, 3),
        ["n13f3b"] = (13, 3),
        ["n13f5"] = (13, 5),
        ["n15f3"] = (15, 3),
    };

    public static TheoryData<string> Rounds => [.. s_rounds.Keys];

    /// <summary>Of an even number of values both libraries take the mean of the two middle ones, as is done here. ByzFL counts all alike; Flower's mean weighs by examples.</summary>
    [Theory]
    [MemberData(nameof(Rounds))]
    public void CoordinateRules_AreThoseOfByzflAndFlower(string round)
    {
        AssertRule($"{round}.byzfl.mean", new() { Rule = AggregationRuleKind.Mean });
        AssertRule($"{round}.byzfl.median", new() { Rule = AggregationRuleKind.Median });
        AssertRule($"{round}.flower.median", new() { Rule = AggregationRuleKind.Median });
        AssertRule($"{round}.byzfl.trimmed-mean", new() { Rule = AggregationRuleKind.TrimmedMean });
        AssertClose($"{round}.flower.mean", RoundOfUpdates.Aggregate(new() { Rule = AggregationRuleKind.Mean }, Updates(round), GoldenFile.Federation.Rows($"{round}.images")[0]));
    }

    /// <summary>ByzFL starts the Weiszfeld algorithm at 0 and does 3 iterations with ν = 0.1 by itself: with as many as it takes and the same ν the start does not show.</summary>
    [Theory]
    [MemberData(nameof(Rounds))]
    public void GeometricMedian_IsThatOfByzfl(string round) =>
        AssertRule($"{round}.byzfl.geometric-median", new() { Rule = AggregationRuleKind.GeometricMedian, Iterations = 1000 });

    /// <summary>ByzFL's first call of centered clipping starts at 0 too; its next ones go on from what they returned, which is not done here.</summary>
    [Theory]
    [MemberData(nameof(Rounds))]
    public void Clipping_IsThatOfByzfl(string round)
    {
        AssertRule($"{round}.byzfl.norm-clipping", new() { Rule = AggregationRuleKind.NormClipping, ClipNorm = ClipNorm });
        AssertRule($"{round}.byzfl.centered-clipping", new() { Rule = AggregationRuleKind.CenteredClipping, ClipNorm = ClipNorm, Iterations = 5 });
    }

    /// <summary>A score sums the n − f − 2 nearest others here, in Blanchard et al. 2017 and in Flower, but n − f − 1 in ByzFL, whose Krum for f + 1 is therefore this one's for f.</summary>
    [Theory]
    [MemberData(nameof(Rounds))]
    public void Krum_IsFlowersForF_AndByzflsForOneMore(string round)
    {
        AssertRule($"{round}.flower.krum", new() { Rule = AggregationRuleKind.Krum });
        AssertRule($"{round}.byzfl.krum-f+1", new() { Rule = AggregationRuleKind.Krum });
        AssertRule($"{round}.flower.multi-krum", new() { Rule = AggregationRuleKind.MultiKrum });
    }

    /// <summary>With ByzFL's number of neighbors the same are chosen as there, also where that number decides.</summary>
    [Theory]
    [MemberData(nameof(Rounds))]
    public void Krum_WithOneNeighborMore_IsByzfls(string round)
    {
        var updates = Updates(round);
        var (count, f) = s_rounds[round];
        var selection = new KrumSelection(VectorDistances.Of(Distances(updates)), f - 1);

        AssertClose($"{round}.byzfl.krum", Mean(updates, selection.Best(1)));
        AssertClose($"{round}.byzfl.multi-krum", Mean(updates, selection.Best(count - f)));
    }

    [Fact]
    public void Krum_ConventionsDiffer_InTheRoundsThatAreMeantToShowIt()
    {
        Assert.NotEqual(GoldenFile.Federation.Rows("n13f3.byzfl.krum"), GoldenFile.Federation.Rows("n13f3.flower.krum"));
        var (byzfl, flower) = (GoldenFile.Federation.Rows("n13f3b.byzfl.multi-krum")[0], GoldenFile.Federation.Rows("n13f3b.flower.multi-krum")[0]);
        Assert.Contains(byzfl.Zip(flower), pair => Math.Abs(pair.First - pair.Second) > 0.01);
    }

    /// <summary>
    /// Flower too takes one neighbor at least, of the last updates left. With f = 3 Krum has two at the end; with fewer a score of one neighbor belongs to two updates at once,
    /// of which Flower takes the first, and which are told apart here by their next neighbor.
    /// </summary>
    [Theory]
    [InlineData("n5f0")]
    [InlineData("n15f3")]
    public void Bulyan_IsThatOfFlower(string round) => AssertRule($"{round}.flower.bulyan", new() { Rule = AggregationRuleKind.Bulyan });

    [Theory]
    [MemberData(nameof(Rounds))]
    public void NearestNeighborMixing_IsThatOfByzfl(string round)
    {
        var updates = Updates(round);
        var mixing = Mixing.NearestNeighbors(VectorDistances.Of(Distances(updates)), s_rounds[round].Byzantine);
        var mixed = Enumerable.Range(0, updates.Length).Select(i => Combination(updates, mixing.Row(i).ToArray())).ToArray();

        AssertClose(GoldenFile.Federation.Rows($"{round}.byzfl.nnm").SelectMany(row => row), mixed.SelectMany(row => row));
        foreach (var (name, options) in new (string, AggregationOptions)[]
        {
            ("median", new() { Rule = AggregationRuleKind.Median }),
            ("trimmed-mean", new() { Rule = AggregationRuleKind.TrimmedMean }),
            ("geometric-median", new() { Rule = AggregationRuleKind.GeometricMedian, Iterations = 1000 }),
            ("centered-clipping", new() { Rule = AggregationRuleKind.CenteredClipping, ClipNorm = ClipNorm, Iterations = 5 }),
        })
        {
            AssertRule($"{round}.byzfl.nnm.{name}", options with { Before = PreAggregation.NearestNeighborMixing });
        }
    }

    /// <summary>The updates are laid where the order drawn here looks for them, so that both put the same into each bucket. Both keep a last bucket that is not full and count it as one.</summary>
    [Theory]
    [MemberData(nameof(Rounds))]
    public void Bucketing_IsThatOfByzfl(string round)
    {
        const ulong seed = 3;
        var updates = Updates(round);
        foreach (var size in new[] { 2, 3 })
        {
            var theirs = GoldenFile.Federation.Rows($"{round}.byzfl.bucketing{size}.order")[0].Select(i => (int)i).Chunk(size).ToList();
            var mixing = Mixing.Buckets(updates.Length, size, seed);
            var laid = new float[updates.Length][];
            for (var bucket = 0; bucket < mixing.Count; bucket++)
            {
                var members = Enumerable.Range(0, updates.Length).Where(i => mixing.Row(bucket)[i] > 0).ToList();
                Assert.Equal(theirs[bucket].Length, members.Count);
                members.Zip(theirs[bucket]).ToList().ForEach(pair => laid[pair.First] = updates[pair.Second]);
            }

            var means = Enumerable.Range(0, mixing.Count).SelectMany(bucket => Combination(laid, mixing.Row(bucket).ToArray()));
            AssertClose(GoldenFile.Federation.Rows($"{round}.byzfl.bucketing{size}").SelectMany(row => row), means);
            var options = new AggregationOptions { Before = PreAggregation.Bucketing, BucketSize = size, Iterations = 1000 };
            AssertClose($"{round}.byzfl.bucketing{size}.median", RoundOfUpdates.Aggregate(options with { Rule = AggregationRuleKind.Median }, laid, seed: seed));
            if (mixing.Count > 2)   // Of two points every point between them is a median.
            {
                AssertClose($"{round}.byzfl.bucketing{size}.geometric-median", RoundOfUpdates.Aggregate(options with { Rule = AggregationRuleKind.GeometricMedian }, laid, seed: seed));
            }
        }
    }

    private static float[][] Updates(string round) => [.. GoldenFile.Federation.Rows($"{round}.updates").Select(row => Array.ConvertAll(row, value => (float)value))];

    private static PairwiseDistances Distances(float[][] updates)
    {
        var distances = new PairwiseDistances(updates.Length);
        distances.Add(Array.ConvertAll(updates, update => new ReadOnlyMemory<float>(update)));
        return distances;
    }

    /// <param name="name">Of the expected aggregate; the round's name is before the first dot.</param>
    private static void AssertRule(string name, AggregationOptions options)
    {
        var round = name[..name.IndexOf('.', StringComparison.Ordinal)];
        AssertClose(name, RoundOfUpdates.Aggregate(options with { Byzantine = s_rounds[round].Byzantine }, Updates(round)));
    }

    private static void AssertClose(string name, IEnumerable<float> actual) => AssertClose(GoldenFile.Federation.Rows(name)[0], actual.Select(value => (double)value));

    private static void AssertClose(IEnumerable<double> expected, IEnumerable<double> actual)
    {
        var values = expected.ToArray();
        Assert.Equal(values, actual, (wanted, found) => Math.Abs(wanted - found) <= 1e-6 * values.Max(value => Math.Abs(value)));
    }

    private static double[] Combination(float[][] updates, double[] weights) =>
        [.. Enumerable.Range(0, updates[0].Length).Select(coordinate => updates.Zip(weights, (update, weight) => weight * update[coordinate]).Sum())];

    private static float[] Mean(float[][] updates, int[] chosen) => [.. Enumerable.Range(0, updates[0].Length).Select(coordinate => (float)chosen.Average(i => (double)updates[i][coordinate]))];
}
