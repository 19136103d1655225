using Afa.Federation.Aggregation;
using Xunit;

namespace Afa.Tests.Federation.Aggregation;

public class DistancesTests
{
    [Fact]
    public void PairwiseDistances_ThreeUpdates_MatchTheValuesWorkedByHand()
    {
        var distances = new PairwiseDistances(3);
        distances.Add([new float[] { 0, 3 }, new float[] { 4, 0 }, new float[] { 1, 1 }]);
        distances.Add([new float[] { 2 }, new float[] { 2 }, new float[] { 0 }]);

        Assert.Equal([25, 9, 14], [distances.Squared(0, 1), distances.Squared(2, 0), distances.Squared(1, 2)]);
        Assert.Equal([13, 20, 2], [distances.SquaredNorm(0), distances.SquaredNorm(1), distances.SquaredNorm(2)]);
        Assert.Equal(0, distances.Squared(1, 1));
    }

    [Fact]
    public void PairwiseDistances_NormsOnly_AreThoseOfThePairsToTheBit()
    {
        var updates = RoundOfUpdates.Random(2, 3, 1237);
        updates[2][1000] = float.NaN;
        var pairs = Distances(updates);
        var norms = new PairwiseDistances(3, normsOnly: true);
        norms.Add(Array.ConvertAll(updates, update => (ReadOnlyMemory<float>)update));

        Assert.Equal((true, false), (pairs.HasPairs, norms.HasPairs));
        Assert.All(Enumerable.Range(0, 3), i => Assert.Equal(pairs.SquaredNorm(i), norms.SquaredNorm(i)));
        Assert.Throws<InvalidOperationException>(() => norms.Squared(0, 1));
    }

    [Fact]
    public void PairwiseDistances_ManyCoordinates_AreSummedInFloat64()
    {
        var updates = RoundOfUpdates.Random(1, 2, 100_001);
        var distances = Distances(updates);

        var expected = updates[0].Zip(updates[1], (a, b) => ((double)a - b) * ((double)a - b)).Sum();
        Assert.Equal(expected, distances.Squared(0, 1), tolerance: expected * 1e-13);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void PairwiseDistances_UpdateWithAValueThatIsNotFinite_IsInfinitelyFar(float value)
    {
        var distances = Distances([[1, value], [1, value], [1, 2]]);

        Assert.Equal(double.PositiveInfinity, distances.Squared(0, 1));
        Assert.Equal(double.PositiveInfinity, distances.Squared(2, 0));
        Assert.Equal(double.PositiveInfinity, distances.SquaredNorm(1));
        Assert.Equal(5, distances.SquaredNorm(2));
    }

    [Fact]
    public void PairwiseDistances_SlicesThatDoNotFit_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new PairwiseDistances(2).Add([new float[1]]));
        Assert.Throws<ArgumentException>(() => new PairwiseDistances(2).Add([new float[1], new float[2]]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PairwiseDistances(0));
    }

    [Fact]
    public void VectorDistances_OfMeansAndOfCombinations_MatchThoseOfTheVectors()
    {
        for (var i = 0; i < 10; i++)
        {
            var updates = RoundOfUpdates.Random(i, 9, 25, far: 2);
            var ofUpdates = VectorDistances.Of(Distances(updates));
            var mixing = i % 2 == 0 ? Mixing.NearestNeighbors(ofUpdates, 2) : Mixing.Buckets(9, 2, (ulong)i);
            var means = Enumerable.Range(0, mixing.Count).Select(row => Combination(mixing.Row(row).ToArray(), updates)).ToArray();

            var ofMeans = ofUpdates.After(mixing);

            Assert.Equal(means.Length, ofMeans.Count);
            for (var a = 0; a < means.Length; a++)
            {
                Assert.Equal(Distance(means[a], new double[25]), ofMeans.Norm(a), tolerance: 1e-10);
                Assert.All(Enumerable.Range(0, means.Length), b => Assert.Equal(Distance(means[a], means[b]), Math.Sqrt(ofMeans.Squared(a, b)), tolerance: 1e-5));   // Equal means: the root of what 1000 is rounded by.
            }

            var random = new Random(i);
            double[] weights = [.. updates.Select(_ => random.NextDouble() - 0.3)];
            var point = Combination(weights, updates);
            var toPoint = ofUpdates.To(weights);
            Assert.All(Enumerable.Range(0, 9), k => Assert.Equal(Distance(point, Array.ConvertAll(updates[k], value => (double)value)), toPoint[k], tolerance: 1e-9));
        }
    }

    private static PairwiseDistances Distances(float[][] updates)
    {
        var distances = new PairwiseDistances(updates.Length);
        distances.Add(Array.ConvertAll(updates, update => (ReadOnlyMemory<float>)update));
        return distances;
    }

    private static double[] Combination(double[] weights, float[][] updates) =>
        [.. Enumerable.Range(0, updates[0].Length).Select(coordinate => weights.Zip(updates, (weight, update) => weight * update[coordinate]).Sum())];

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum());
}
