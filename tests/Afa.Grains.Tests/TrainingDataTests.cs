using System.Text.Json;
using Afa.Data;
using Afa.Grains;
using Afa.Training;

namespace Afa.Tests.Grains;

/// <summary>Runs on generated images, converted files and folders.</summary>
public sealed class TrainingDataTests : IAsyncLifetime
{
    private static readonly string Data = TestData.Write(trainImages: 240, testImages: 100);
    private static readonly string Generated = TestData.WriteGenerated(500);

    private static readonly TrainingOptions Tiny = new()
    {
        Method = TrainingMethod.PgdAt,
        DataDirectory = Data,
        TrainImages = 0,
        ModelWidth = 0.25,
        Epochs = 2,
        BatchSize = 40,
        Attack = new InnerAttackOptions { Steps = 1 },
    };

    private static readonly TrainingOptions Mixed = Tiny with { Generated = new GeneratedOptions { Path = Generated, Fraction = 0.7 } };

    private TestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestCluster.StartAsync(silos: 2);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task GeneratedImages_WithOneTrainerOrTwo_GiveNearlyTheSameWeights()
    {
        var one = await _cluster.TrainAsync("one", Mixed with { Trainers = 1 });
        await _cluster.TrainAsync("two", Mixed with { Trainers = 2 });
        await _cluster.TrainAsync("none", Tiny with { Trainers = 2 });

        Assert.Equal((RunState.Completed, 12L), (one.State, one.Step));   // 240 images are 6 steps, with generated ones too.
        Assert.True(Distance(await _cluster.FinalWeightsAsync("one"), await _cluster.FinalWeightsAsync("two")) < 1e-3);
        Assert.True(Distance(await _cluster.FinalWeightsAsync("one"), await _cluster.FinalWeightsAsync("none")) > 1e-2);
    }

    [Fact]
    public async Task GeneratedImages_PausedAndResumed_GiveTheSameWeights()
    {
        await _cluster.TrainAsync("undisturbed", Mixed);

        await _cluster.Control.StartTrainingAsync("paused", JsonSerializer.Serialize(Mixed, AfaJson.Options));
        await _cluster.WaitAsync("paused", status => status.Step >= 2);
        await _cluster.Control.PauseTrainingAsync("paused");
        var paused = await _cluster.WaitAsync("paused", status => status.State != RunState.Running);
        await _cluster.Control.ResumeTrainingAsync("paused");
        await _cluster.WaitAsync("paused", status => status.State != RunState.Running);

        Assert.Equal(RunState.Paused, paused.State);
        Assert.Equal(await _cluster.FinalWeightsAsync("undisturbed"), await _cluster.FinalWeightsAsync("paused"));
    }

    [Fact]
    public async Task GeneratedImages_OfAnotherShape_FailTheRunBeforeItsFirstStep()
    {
        var path = TestData.WriteGenerated(10, side: 32);
        var status = await _cluster.TrainAsync("run", Tiny with { Generated = new GeneratedOptions { Path = path } });

        Assert.Equal((RunState.Failed, 0L), (status.State, status.Step));
        Assert.Contains("generated images of [1, 32, 32], but Fashion-MNIST has [1, 28, 28]", status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConvertedDataset_GivesTheWeightsOfTheOriginal()
    {
        var target = Convert(new ConversionOptions());
        await _cluster.TrainAsync("original", Tiny);
        await _cluster.TrainAsync("converted", Tiny with { Dataset = target, DataDirectory = null });

        Assert.Equal(await _cluster.FinalWeightsAsync("original"), await _cluster.FinalWeightsAsync("converted"));
    }

    [Fact]
    public async Task ConvertedShards_StoredPlan_GiveTheWeightsOfThatPlan()
    {
        var target = Convert(new ConversionOptions { Shards = 2, Plan = ShardPlanKind.Contiguous });
        await _cluster.TrainAsync("original", Tiny with { ShardPlan = ShardPlanKind.Contiguous });
        await _cluster.TrainAsync("converted", Tiny with { Dataset = target, DataDirectory = null, ShardPlan = ShardPlanKind.Stored });

        Assert.Equal(await _cluster.FinalWeightsAsync("original"), await _cluster.FinalWeightsAsync("converted"));
    }

    [Fact]
    public async Task ConvertedDataset_Damaged_FailsTheRunWithTheFile()
    {
        var target = Convert(new ConversionOptions());
        var file = Path.Combine(target, "train.afad");
        var content = await File.ReadAllBytesAsync(file);
        content[^1] ^= 1;
        await File.WriteAllBytesAsync(file, content);

        var status = await _cluster.TrainAsync("run", Tiny with { Dataset = target, DataDirectory = null });

        Assert.Equal(RunState.Failed, status.State);
        Assert.Contains($"{file} is damaged", status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DirichletShards_EndAnEpochWithTheSmallest()
    {
        var options = Tiny with { ShardPlan = ShardPlanKind.Dirichlet, DirichletAlpha = 0.5 };
        var smallest = TrainingShard.Plan(DatasetLoader.Load("fashion-mnist", DataSplit.Train, Data), options).Min(shard => shard.Length);
        var status = await _cluster.TrainAsync("run", options);

        Assert.InRange(smallest, 20, 119);
        Assert.Equal((RunState.Completed, 2L * (smallest / 20)), (status.State, status.Step));
    }

    private static string Convert(ConversionOptions options)
    {
        var target = Path.Combine(Directory.CreateTempSubdirectory("afa-data-").FullName, "converted");
        DatasetConverter.Convert("fashion-mnist", Data, target, options);
        return target;
    }

    private static float Distance(byte[] first, byte[] second) => Floats(first).Zip(Floats(second), (a, b) => Math.Abs(a - b)).Max();

    private static float[] Floats(byte[] bytes) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray();
}
