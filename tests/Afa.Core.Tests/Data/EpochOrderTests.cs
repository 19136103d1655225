using Afa.Data;
using CsCheck;
using Xunit;

namespace Afa.Tests.Data;

public class EpochOrderTests
{
    private static readonly int[] Shard = [.. Enumerable.Range(10, 10)];

    [Fact]
    public void Indices_EqualReference() =>

        // From an independent implementation (Python).
        Assert.Equal([19, 10, 18, 17, 12, 14, 13, 15, 11, 16], new EpochOrder(Shard, 42, 5, 2).Indices.ToArray());

    [Fact]
    public void Indices_OtherSeedEpochOrShard_Differ()
    {
        var order = new EpochOrder(Shard, 42, 5, 2).Indices.ToArray();

        Assert.NotEqual(order, new EpochOrder(Shard, 43, 5, 2).Indices.ToArray());
        Assert.NotEqual(order, new EpochOrder(Shard, 42, 6, 2).Indices.ToArray());
        Assert.NotEqual(order, new EpochOrder(Shard, 42, 5, 3).Indices.ToArray());
    }

    [Fact]
    public void Indices_ManyEpochs_GiveEachPermutationEquallyOften()
    {
        var counts = new int[6];
        for (var epoch = 0; epoch < 6000; epoch++)
        {
            var order = new EpochOrder([0, 1, 2], 7, epoch, 0).Indices;
            counts[(order[0] * 2) + (order[1] > order[2] ? 1 : 0)]++;
        }

        // Standard deviation 29.
        Assert.All(counts, count => Assert.InRange(count, 880, 1120));
    }

    [Fact]
    public void BatchIndices_AllSteps_CoverTheShardOnce() => Gen.Select(Gen.Int[1, 100], Gen.Int[1, 40], Gen.ULong).Sample(
        (count, batchSize, seed) =>
        {
            var order = new EpochOrder([.. Enumerable.Range(0, count)], seed, 0, 0);
            var batches = Enumerable.Range(0, EpochOrder.BatchesPerEpoch(count, batchSize, LastBatch.Keep))
                .Select(step => order.BatchIndices(step, batchSize).ToArray()).ToList();

            Assert.Equal(Enumerable.Range(0, count), batches.SelectMany(batch => batch).Order());
            Assert.Equal(EpochOrder.BatchesPerEpoch(count, batchSize, LastBatch.Drop), batches.Count(batch => batch.Length == batchSize));
        },
        iter: 200);

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void BatchIndices_StepOutside_Throws(int step)
    {
        var order = new EpochOrder(Shard, 1, 0, 0);

        Assert.Throws<ArgumentOutOfRangeException>(nameof(step), () => order.BatchIndices(step, 4).Length);
    }
}
