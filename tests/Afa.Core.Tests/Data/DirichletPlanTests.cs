using Afa.Data;
using CsCheck;
using Xunit;

namespace Afa.Tests.Data;

public class DirichletPlanTests
{
    private static readonly byte[] Labels = [.. Enumerable.Range(0, 2000).Select(i => (byte)(i % 10))];

    [Fact]
    public void Create_AnyLabels_UsesEachImageOnceAndMeetsTheMinimum() =>
        Gen.Select(Gen.Byte[0, 9].Array[20, 200], Gen.Int[1, 5], Gen.Double[0.1, 10], Gen.ULong).Sample(
            (labels, shards, alpha, seed) =>
            {
                var plan = DirichletPlan.Create(labels, shards, new DirichletOptions { Alpha = alpha, MinimumImages = 2 }, seed);

                Assert.Equal(shards, plan.Length);
                Assert.Equal(Enumerable.Range(0, labels.Length), plan.SelectMany(shard => shard).Order());
                Assert.All(plan, shard => Assert.Equal(shard.Order(), shard));
                Assert.All(plan, shard => Assert.True(shard.Length >= 2));
            },
            iter: 200);

    [Fact]
    public void Create_SameSeed_GivesTheSamePlan()
    {
        Assert.Equal(ShardPlan.Create(Labels, 4, ShardPlanKind.Dirichlet, 7), ShardPlan.Create(Labels, 4, ShardPlanKind.Dirichlet, 7));
        Assert.NotEqual(ShardPlan.Create(Labels, 4, ShardPlanKind.Dirichlet, 7), ShardPlan.Create(Labels, 4, ShardPlanKind.Dirichlet, 8));
    }

    [Fact]
    public void Create_LargeAlpha_IsNearlyBalanced()
    {
        // A share has the deviation √(k − 1) / (k √(kα + 1)) = 0.0002 around 1/4, so 200 images of a class are 50 ± 1 to a shard.
        var plan = DirichletPlan.Create(Labels, 4, new DirichletOptions { Alpha = 1e6 }, 1);

        Assert.All(Counts(plan), count => Assert.InRange(count, 48, 52));
    }

    [Fact]
    public void Create_SmallAlpha_GivesNearlyEachClassToOneShard()
    {
        var plan = DirichletPlan.Create(Labels, 4, new DirichletOptions { Alpha = 0.001 }, 1);

        Assert.InRange(Counts(plan).Count(count => count == 200), 8, 10);
    }

    [Fact]
    public void Create_ManySeeds_HasTheVarianceOfTheDistribution()
    {
        // For α = 0.5 and 4 shards a share has mean 1/4 and variance (1/4)(3/4) / (4 · 0.5 + 1) = 0.0625.
        var shares = Enumerable.Range(0, 300)
            .SelectMany(seed => Counts(DirichletPlan.Create(Labels, 4, new DirichletOptions { Alpha = 0.5 }, (ulong)seed)))
            .Select(count => count / 200.0).ToList();

        // 3,000 independent classes: the variance's own deviation is below 0.0625 · √(6 / 3,000) = 0.003.
        Assert.Equal(0.0625, shares.Average(share => Math.Pow(share - 0.25, 2)), 0.009);
    }

    [Fact]
    public void Create_MinimumThatCannotBeMet_SaysWhatToDo()
    {
        var exception = Assert.Throws<ArgumentException>(() => DirichletPlan.Create(Labels, 4, new DirichletOptions { MinimumImages = 501 }, 1));

        Assert.Contains("gives each of 4 shards 501 of the 2000 images", exception.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<int> Counts(int[][] plan) =>
        Enumerable.Range(0, 10).SelectMany(label => plan.Select(shard => shard.Count(i => Labels[i] == label)));
}
