using Afa.Data;
using CsCheck;
using Xunit;

namespace Afa.Tests.Data;

public class ShardPlanTests
{
    private static readonly Gen<(byte[] Labels, int Shards, ulong Seed)> Cases =
        Gen.Byte[0, 9].Array[1, 200].SelectMany(labels => Gen.Select(Gen.Const(labels), Gen.Int[1, labels.Length], Gen.ULong));

    [Theory]
    [InlineData(ShardPlanKind.Contiguous)]
    [InlineData(ShardPlanKind.RoundRobin)]
    [InlineData(ShardPlanKind.ClassBalanced)]
    public void Create_AnyLabels_UsesEachImageOnceInEvenShards(ShardPlanKind kind) => Cases.Sample(
        (labels, shards, seed) =>
        {
            var plan = ShardPlan.Create(labels, shards, kind, seed);

            Assert.Equal(shards, plan.Length);
            Assert.Equal(Enumerable.Range(0, labels.Length), plan.SelectMany(shard => shard).Order());
            Assert.All(plan, shard => Assert.Equal(shard.Order(), shard));
            Assert.InRange(plan.Max(shard => shard.Length) - plan.Min(shard => shard.Length), 0, 1);
        },
        iter: 300);

    [Fact]
    public void Create_ClassBalanced_DividesEachClassEvenly() => Cases.Sample(
        (labels, shards, seed) =>
        {
            var plan = ShardPlan.Create(labels, shards, ShardPlanKind.ClassBalanced, seed);

            for (var label = 0; label < 10; label++)
            {
                var counts = plan.Select(shard => shard.Count(i => labels[i] == label)).ToList();
                Assert.InRange(counts.Max() - counts.Min(), 0, 1);
            }
        },
        iter: 300);

    [Fact]
    public void Create_Contiguous_CutsInOrder() =>
        Assert.Equal([[0, 1, 2], [3, 4], [5, 6]], ShardPlan.Create(new byte[7], 3, ShardPlanKind.Contiguous, 1));

    [Fact]
    public void Create_RoundRobin_DealsInTurn() =>
        Assert.Equal([[0, 3, 6], [1, 4], [2, 5]], ShardPlan.Create(new byte[7], 3, ShardPlanKind.RoundRobin, 1));

    [Fact]
    public void Create_ClassBalanced_EqualsReference()
    {
        // From an independent implementation (Python).
        byte[] labels = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2];

        Assert.Equal([[0, 1, 11], [2, 4, 9], [6, 7], [3, 8], [5, 10]], ShardPlan.Create(labels, 5, ShardPlanKind.ClassBalanced, 42));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    public void Create_ShardsOutOfRange_Throws(int shards) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(shards), () => ShardPlan.Create(new byte[7], shards, ShardPlanKind.RoundRobin, 1));

    [Fact]
    public void Create_UnknownKind_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>("kind", () => ShardPlan.Create(new byte[7], 1, (ShardPlanKind)9, 1));
}
