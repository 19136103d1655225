using System.Text.Json;
using Afa.Grains;
using Afa.Training;

namespace Afa.Tests.Grains;

/// <summary>Runs with held-out images, a moving average of the weights, and an early end.</summary>
public sealed class ValidationTests : IAsyncLifetime
{
    private static readonly TrainingOptions Tiny = new()
    {
        Method = TrainingMethod.PgdAt,
        DataDirectory = TestData.Write(trainImages: 340, testImages: 10),
        TrainImages = 0,
        ModelWidth = 0.25,
        Epochs = 3,
        BatchSize = 40,
        Attack = new InnerAttackOptions { Steps = 2 },
        WeightAverage = 0.8,
        Validation = new ValidationOptions { Images = 100, Steps = 5 },   // 240 are left: 6 steps to an epoch.
    };

    private TestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestCluster.StartAsync(silos: 2);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Run_WithHeldOutImages_IsValidatedAndItsBestCheckpointIsKept()
    {
        var status = await _cluster.TrainAsync("run", Tiny with { Epochs = 4, CheckpointEveryEpochs = 100 });

        Assert.Equal((RunState.Completed, null, 24L), (status.State, status.Message, status.Step));
        Assert.All(status.History, row => Assert.Equal(100, row.Validation!.Images));
        Assert.All(status.History, row => Assert.InRange(row.Validation!.RobustAccuracy, 0, row.Validation.CleanAccuracy));

        var highest = status.History.Max(row => row.Validation!.RobustAccuracy);
        var expected = status.History.First(row => row.Validation!.RobustAccuracy == highest);
        var best = Assert.Single(await _cluster.Control.ListCheckpointsAsync("run"), checkpoint => checkpoint.IsBest);
        Assert.Equal((expected.Epoch, $"runs/run/checkpoints/step-{6 * expected.Epoch:D8}"), (best.Epoch, best.Name));
        Assert.Equal(expected.Validation!.RobustAccuracy, best.Metrics[ModelSelection.RobustAccuracyMetric]);
        Assert.Equal(expected.Validation!.CleanAccuracy, best.Metrics[ModelSelection.CleanAccuracyMetric]);
    }

    [Fact]
    public async Task BestCheckpoint_Deleted_LeavesTheBestOfTheOthers()
    {
        await _cluster.TrainAsync("run", Tiny);
        var checkpoints = await _cluster.Control.ListCheckpointsAsync("run");
        Assert.Equal(3, checkpoints.Count);

        await _cluster.Control.DeleteCheckpointAsync(checkpoints.Single(checkpoint => checkpoint.IsBest).Name);
        var left = await _cluster.Control.ListCheckpointsAsync("run");

        Assert.Equal(left.Max(checkpoint => checkpoint.Metrics[ModelSelection.RobustAccuracyMetric]), left.Single(checkpoint => checkpoint.IsBest).Metrics[ModelSelection.RobustAccuracyMetric]);
    }

    [Fact]
    public async Task Afa_IsValidatedWhileItTrainsTheHead()
    {
        var status = await _cluster.TrainAsync("run", Tiny with { Method = TrainingMethod.Afa, Epochs = 2, Head = new HeadOptions { Epochs = 2 } });

        Assert.Equal(RunState.Completed, status.State);
        Assert.Equal([false, false, true, true], status.History.Select(row => row.Validation is not null));
        Assert.Contains(await _cluster.Control.ListCheckpointsAsync("run"), checkpoint => checkpoint.IsBest && checkpoint.Phase == TrainingPhase.Head);
    }

    [Fact]
    public async Task Counts_OfOneTrainerAndOfTwo_AreTheSame()
    {
        // Weights that hardly move classify alike whatever the trainers; the radius is one at which some images stand.
        var options = Tiny with { Epochs = 1, Attack = new InnerAttackOptions { Steps = 1, Epsilon = "0.01" }, Optimizer = new OptimizerOptions { LearningRate = 1e-20 } };
        var one = await _cluster.TrainAsync("one", options with { Trainers = 1 });
        var two = await _cluster.TrainAsync("two", options with { Trainers = 2 });

        var (first, second) = (one.History[0].Validation!, two.History[0].Validation!);
        Assert.InRange(first.RobustAccuracy, 0.01, first.CleanAccuracy - 0.01);
        Assert.Equal((first.CleanAccuracy, first.RobustAccuracy), (second.CleanAccuracy, second.RobustAccuracy));
    }

    [Fact]
    public async Task Patience_WithoutARise_CompletesTheRunAndSaysWhy()
    {
        // Weights that hardly move, and a radius at which no image stands: no epoch is better than the first.
        var options = Tiny with
        {
            Method = TrainingMethod.Ce,
            Epochs = 10,
            CheckpointEveryEpochs = 100,
            Attack = new InnerAttackOptions { Steps = 1, Epsilon = "1" },
            Optimizer = new OptimizerOptions { LearningRate = 1e-20 },
            Validation = Tiny.Validation with { Patience = 2 },
        };
        var status = await _cluster.TrainAsync("run", options);

        Assert.Equal((RunState.Completed, 18L, 3, 10), (status.State, status.Step, status.History.Count, status.Epochs));
        Assert.Contains("Stopped early, after epoch 3 of 10", status.Message, StringComparison.Ordinal);
        Assert.Contains("0.000 of epoch 1 within the patience of 2", status.Message, StringComparison.Ordinal);
        var checkpoints = await _cluster.Control.ListCheckpointsAsync("run");
        Assert.Equal([(18L, false), (6L, true)], checkpoints.Select(checkpoint => (checkpoint.Step, checkpoint.IsBest)));   // The last and the best.

        await _cluster.Control.ResumeTrainingAsync("run");
        Assert.Equal(RunState.Completed, (await _cluster.Control.GetTrainingAsync("run"))!.State);
    }

    [Theory]
    [InlineData(TrainingMethod.PgdAt)]
    [InlineData(TrainingMethod.Afa)]
    public async Task Run_PausedAndResumed_GivesTheSameWeightsAndTheSameBest(TrainingMethod method)
    {
        var options = Tiny with { Method = method, Head = new HeadOptions { Epochs = 2 }, Validation = Tiny.Validation with { Patience = 2 } };
        var undisturbed = await _cluster.TrainAsync("undisturbed", options);

        await _cluster.Control.StartTrainingAsync("paused", JsonSerializer.Serialize(options, AfaJson.Options));
        var pauses = 0;
        foreach (var step in new[] { 2, 8, 14 })
        {
            await _cluster.WaitAsync("paused", status => status.Step >= step || status.State != RunState.Running);
            await _cluster.Control.PauseTrainingAsync("paused");
            pauses += (await _cluster.WaitAsync("paused", status => status.State != RunState.Running)).State == RunState.Paused ? 1 : 0;
            await _cluster.Control.ResumeTrainingAsync("paused");
        }

        var ended = await _cluster.WaitAsync("paused", status => status.State != RunState.Running);
        Assert.True(pauses > 0, "The run was never caught.");
        await AssertSameAsync(undisturbed, ended);
    }

    [Fact]
    public async Task Silo_KilledDuringTraining_TheRunEndsWithTheSameWeightsAndTheSameBest()
    {
        var options = Tiny with { Epochs = 5, CheckpointEveryEpochs = 2 };
        var undisturbed = await _cluster.TrainAsync("undisturbed", options);

        await _cluster.Control.StartTrainingAsync("disturbed", JsonSerializer.Serialize(options, AfaJson.Options));
        await _cluster.WaitAsync("disturbed", status => status.Step >= 15);
        await _cluster.Silos.KillSiloAsync(_cluster.Silos.Silos[1]);
        var ended = await _cluster.WaitAsync("disturbed", status => status.State is RunState.Completed or RunState.Failed);

        await AssertSameAsync(undisturbed, ended);
    }

    [Fact]
    public async Task Start_MoreHeldOutImagesThanTheDataHas_IsRefused()
    {
        var exception = await Assert.ThrowsAsync<ArgumentException>(() => _cluster.TrainAsync("run", Tiny with { Validation = new ValidationOptions { Images = 340 } }));

        Assert.Contains("Validation.Images is 340", exception.Message, StringComparison.Ordinal);
        Assert.Null(await _cluster.Control.GetTrainingAsync("run"));
    }

    private async Task AssertSameAsync(TrainingRunStatus expected, TrainingRunStatus actual)
    {
        Assert.Equal((expected.State, expected.Message, expected.Step), (actual.State, actual.Message, actual.Step));
        Assert.Equal(await _cluster.FinalWeightsAsync(expected.Run), await _cluster.FinalWeightsAsync(actual.Run));
        Assert.Equal(
            expected.History.Select(row => (row.Loss, row.Validation?.CleanAccuracy, row.Validation?.RobustAccuracy)),
            actual.History.Select(row => (row.Loss, row.Validation?.CleanAccuracy, row.Validation?.RobustAccuracy)));
        Assert.Equal(await BestStepAsync(expected.Run), await BestStepAsync(actual.Run));
    }

    private async Task<long> BestStepAsync(string run) => (await _cluster.Control.ListCheckpointsAsync(run)).Single(checkpoint => checkpoint.IsBest).Step;
}
