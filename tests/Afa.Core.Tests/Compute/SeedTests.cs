using Afa.Compute;
using Xunit;

namespace Afa.Tests.Compute;

public class SeedTests
{
    [Fact]
    public void Derive_NoParts_IsTheFirstOutputOfSplitMix64()
    {
        // The reference code of SplitMix64 (Vigna, prng.di.unimi.it/splitmix64.c) started at 0 and at 1234567.
        Assert.Equal(0xE220A8397B1DCDAFUL, Seed.Derive(0));
        Assert.Equal(6457827717110365317UL, Seed.Derive(1234567));
    }

    [Fact]
    public void Derive_OtherPartsOrOrder_GivesOtherSeeds()
    {
        ulong[] seeds =
        [
            Seed.Derive(1), Seed.Derive(2), Seed.Derive(1, 0), Seed.Derive(1, 1), Seed.Derive(1, 1, 2), Seed.Derive(1, 2, 1), Seed.Derive(1, 1, 2, 0),
        ];
        Assert.Equal(seeds.Length, seeds.Distinct().Count());
        Assert.Equal(Seed.Derive(1, 2, 3), Seed.Derive(1, 2, 3));
    }

    [Fact]
    public void Derive_ManySamples_DoNotCollide()
    {
        var seeds = Enumerable.Range(0, 100_000).Select(sample => Seed.Derive(7, (ulong)sample));
        Assert.Equal(100_000, seeds.Distinct().Count());
    }

    [Fact]
    public void Derive_SeedAndFirstPartExchanged_GivesAnotherSeed()
    {
        for (var sample = 0UL; sample < 100; sample++)
        {
            Assert.NotEqual(Seed.Derive(1, 2, sample), Seed.Derive(2, 1, sample));
        }
    }

    [Fact]
    public void Derive_PartEqualToTheSeed_DependsOnBoth()
    {
        var seeds = Enumerable.Range(0, 1000).Select(k => Seed.Derive((ulong)k, (ulong)k));
        Assert.Equal(1000, seeds.Distinct().Count());
    }

    [Fact]
    public void SeedUse_Numbers_AreThoseOfStoredRuns()
    {
        Assert.Equal(
            [
                (1UL, "ModelInitialization"), (2, "ShardPlan"), (3, "EpochOrder"), (4, "Augmentation"), (5, "TrainingAttack"), (6, "EvaluationAttack"), (7, "Subset"),
                (20, "GeneratedImages"), (40, "Sweep"), (50, "ValidationSplit"), (51, "ValidationAttack"), (60, "TestOrder"),
                (70, "Participation"), (71, "Buckets"), (72, "MaliciousUpdate"), (73, "PoisonedImages"), (74, "Partition"), (75, "SampledTestImages"),
            ],
            Enum.GetValues<SeedUse>().Select(use => ((ulong)use, use.ToString())));
    }
}
