using Afa.Data;
using Afa.Tests.Data;
using Afa.Training;
using Xunit;

namespace Afa.Tests.Training;

public sealed class TrainingShardTests : IDisposable
{
    private const int Images = 200;

    private static readonly TrainingOptions Options = new()
    {
        TrainImages = 0,
        BatchSize = 40,
        Shards = 2,
        Generated = new GeneratedOptions { Path = "g.npz", Fraction = 0.7 },
        Seed = 3,
    };

    private readonly DataFolder _folder = new();
    private readonly ImageDataset _dataset = DataFolder.Dataset(Images);
    private readonly GeneratedImages _generated;

    public TrainingShardTests()
    {
        // One channel, as Fashion-MNIST has.
        var pixels = Enumerable.Range(0, 30 * 784).Select(i => (byte)(i / 784)).ToArray();
        var labels = Enumerable.Range(0, 30).Select(i => (byte)(i % 10)).ToArray();
        var npz = SmallNpz.Zip(false, ("image.npy", SmallNpz.Npy("|u1", "(30, 28, 28, 1)", pixels)), ("label.npy", SmallNpz.Npy("|u1", "(30,)", labels)));
        _generated = GeneratedImages.Open(_folder.Write("g.npz", npz), _dataset.Description);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Batch_WithGeneratedImages_HasBothKindsInTheGivenShares()
    {
        var shard = new TrainingShard(_dataset, Options, 0, _generated);
        var own = TrainingShard.Plan(_dataset, Options)[0].ToHashSet();

        for (var step = 0; step < 5; step++)
        {
            var batch = shard.Batch(1, step, 20);

            Assert.Equal(20, batch.Count);
            Assert.Equal(6, batch.SampleIds.Count(own.Contains));
            Assert.Equal(14, batch.SampleIds.Count(id => id is < 0 and >= -30));
            for (var i = 0; i < batch.Count; i++)
            {
                var id = batch.SampleIds[i];
                Assert.Equal(id < 0 ? -1 - id : id % 256, batch.Pixels[i * 784]);
                Assert.Equal((id < 0 ? -1 - id : id) % 10, batch.Labels[i]);
            }
        }
    }

    [Fact]
    public void Batch_OriginalsOfAnEpoch_AreUsedOnceInTheOrderWithoutGeneratedImages()
    {
        var shard = new TrainingShard(_dataset, Options, 0, _generated);
        var plain = new TrainingShard(_dataset, Options with { Generated = new() }, 0);

        var mixed = Enumerable.Range(0, 5).SelectMany(step => shard.Batch(2, step, 20).SampleIds).Where(id => id >= 0);

        Assert.Equal(plain.Batch(2, 0, 30).SampleIds.Order(), mixed.Order());
    }

    [Fact]
    public void Batch_Mixed_IsShuffled()
    {
        var batch = new TrainingShard(_dataset, Options, 0, _generated).Batch(0, 0, 20);

        Assert.Contains(batch.SampleIds[..6], id => id < 0);
        Assert.Contains(batch.SampleIds[6..], id => id >= 0);
    }

    [Fact]
    public void Batch_DrawnAgain_DependsOnSeedEpochStepAndShardAlone()
    {
        var first = new TrainingShard(_dataset, Options, 0, _generated);
        var second = new TrainingShard(_dataset, Options, 0, _generated);
        first.Batch(0, 0, 20);
        first.Batch(0, 1, 20);

        Assert.Equal(first.Batch(1, 3, 20).SampleIds, second.Batch(1, 3, 20).SampleIds);
        Assert.Equal(first.Batch(1, 3, 20).Pixels, second.Batch(1, 3, 20).Pixels);

        var drawn = Drawn(second.Batch(1, 3, 20));
        Assert.NotEqual(drawn, Drawn(second.Batch(1, 4, 20)));
        Assert.NotEqual(drawn, Drawn(second.Batch(2, 3, 20)));
        Assert.NotEqual(drawn, Drawn(new TrainingShard(_dataset, Options, 1, _generated).Batch(1, 3, 20)));
        Assert.NotEqual(drawn, Drawn(new TrainingShard(_dataset, Options with { Seed = 4 }, 0, _generated).Batch(1, 3, 20)));
    }

    [Fact]
    public void Plan_WithGeneratedImages_KeepsTheLengthOfAnEpoch()
    {
        var smallest = TrainingShard.Plan(_dataset, Options).Min(shard => shard.Length);

        Assert.Equal(Images / 40, new TrainingPlan(Options, smallest).StepsPerEpoch);
    }

    [Fact]
    public void Plan_Dirichlet_GivesEachShardAStepsImages() =>
        Assert.All(
            TrainingShard.Plan(_dataset, Options with { ShardPlan = ShardPlanKind.Dirichlet, DirichletAlpha = 0.1, Generated = new() }),
            shard => Assert.InRange(shard.Length, 20, 180));

    private static List<int> Drawn(ImageBatch batch) => [.. batch.SampleIds.Where(id => id < 0)];
}
