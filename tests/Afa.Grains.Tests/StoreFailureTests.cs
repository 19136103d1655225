using System.Text.Json;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Tests.Grains;

public sealed class StoreFailureTests
{
    private static readonly TrainingOptions Tiny = new()
    {
        Method = TrainingMethod.Ce,
        DataDirectory = TestData.Write(trainImages: 240, testImages: 10),
        TrainImages = 0,
        ModelWidth = 0.25,
        Epochs = 3,
        BatchSize = 40,
    };

    [Fact]
    public async Task Store_AwayForOneCheckpoint_TheRunGoesOnAndSaysSo()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1, new FailingStore(TestCluster.NewStore(), name => name.Contains("step-00000012", StringComparison.Ordinal)));
        var status = await cluster.TrainAsync("run", Tiny);

        Assert.Equal(RunState.Completed, status.State);
        Assert.Contains("step 12 could not be stored", status.Message, StringComparison.Ordinal);
        Assert.Equal([18L, 6L], (await cluster.Control.ListCheckpointsAsync("run")).Select(checkpoint => checkpoint.Step));
    }

    [Fact]
    public async Task Store_AwayForTheLastCheckpoint_FailsTheRunAndAResumeEndsIt()
    {
        var isAway = true;
        await using var cluster = await TestCluster.StartAsync(silos: 1, new FailingStore(TestCluster.NewStore(), name => isAway && name.Contains("step-00000018", StringComparison.Ordinal)));
        var failed = await cluster.TrainAsync("run", Tiny);
        isAway = false;
        await cluster.Control.ResumeTrainingAsync("run");
        var ended = await cluster.WaitAsync("run", status => status.State != RunState.Running);

        Assert.Equal(RunState.Failed, failed.State);
        Assert.Equal(RunState.Completed, ended.State);
        Assert.EndsWith("step-00000018", ended.Checkpoint, StringComparison.Ordinal);
        Assert.Equal(3, ended.History.Count);
    }

    [Fact]
    public async Task Store_AwayForTheBestCheckpoint_TheBestOfTheStoredOnesIsNamed()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1, new FailingStore(TestCluster.NewStore(), name => name.Contains("step-00000006", StringComparison.Ordinal)));
        // No image stands at this radius, so the first epoch stays the best.
        var options = Tiny with { Attack = new() { Steps = 1, Epsilon = "1" }, Optimizer = new() { LearningRate = 1e-20 }, Validation = new() { Images = 20, Steps = 5 }, BatchSize = 36 };
        var status = await cluster.TrainAsync("run", options);

        Assert.Equal(RunState.Completed, status.State);
        Assert.Contains("step 6 could not be stored", status.Message, StringComparison.Ordinal);
        Assert.Equal([(18L, false), (12L, true)], (await cluster.Control.ListCheckpointsAsync("run")).Select(checkpoint => (checkpoint.Step, checkpoint.IsBest)));
    }

    [Fact]
    public async Task Store_AwayForAMomentAtTheEndOfAnEvaluation_TheResultIsKept()
    {
        var refusals = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        await using var cluster = await TestCluster.StartAsync(silos: 1, new WatchedStore(TestCluster.NewStore(), name =>
        {
            // The first result, and the first state after that.
            var isRefused = name == "evaluations/e/result.json" || (name == "state/evaluation-run/e.json" && !refusals.IsEmpty);
            return isRefused && refusals.TryAdd(name, true) ? throw new IOException("The store is away.") : Task.CompletedTask;
        }));
        await EvaluateAsync(cluster);

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((await cluster.Control.GetEvaluationAsync("e"))!.State == RunState.Running || refusals.Count < 2)
        {
            await Task.Delay(20, limit.Token);
        }

        await WaitForStateAsync(cluster, "completed", limit.Token);
        Assert.Null((await cluster.Control.GetEvaluationAsync("e"))!.Message);
        Assert.NotNull(await cluster.Control.GetEvaluationResultAsync("e"));
    }

    [Fact]
    public async Task Evaluation_ThatGivesBackItsLease_IsComplete()
    {
        var returned = new TaskCompletionSource();
        await using var cluster = await TestCluster.StartAsync(silos: 1, new WatchedStore(
            TestCluster.NewStore(), _ => Task.CompletedTask, name => name == "evaluations/e/heartbeat.json" ? returned.Task : Task.CompletedTask));
        await EvaluateAsync(cluster);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await WaitForStateAsync(cluster, "completed", limit.Token);
        await Task.Delay(500, limit.Token);   // It frees its evaluators, then its lease.
        var status = (await cluster.Control.GetEvaluationAsync("e"))!;
        returned.SetResult();

        Assert.Equal((RunState.Completed, 1, 10), (status.State, status.Share, status.ImagesDone));
    }

    [Fact]
    public async Task Store_AwayLongerThanARunTries_TheRunGoesOnWhenItIsBack()
    {
        var store = new SwitchedStore(TestCluster.NewStore());
        await using var cluster = await TestCluster.StartAsync(silos: 1, store, new() { ResumesOnActivation = true, MaxFruitlessRecoveries = 1, FirstDelay = TimeSpan.FromMilliseconds(50) });
        await cluster.Control.StartTrainingAsync("run", JsonSerializer.Serialize(Tiny with { Epochs = 20 }, AfaJson.Options));
        await cluster.WaitAsync("run", status => status.Step >= 7);
        await store.FailAsync(TimeSpan.FromSeconds(2), alsoReads: true);

        Assert.Equal(20, (await cluster.WaitAsync("run", status => status.State == RunState.Completed)).History.Count);
    }

    [Fact]
    public async Task Start_ThatCouldNotBeStored_LeavesTheNameFree()
    {
        var isAway = true;
        await using var cluster = await TestCluster.StartAsync(silos: 1, new WatchedStore(TestCluster.NewStore(), name =>
            isAway && name.StartsWith("state/", StringComparison.Ordinal) ? throw new IOException("The store is away.") : Task.CompletedTask));
        await Assert.ThrowsAnyAsync<OrleansException>(() => cluster.Control.StartTrainingAsync("run", JsonSerializer.Serialize(Tiny, AfaJson.Options)));
        isAway = false;
        var trained = await cluster.TrainAsync("run", Tiny with { Epochs = 1 });
        Assert.Equal(RunState.Completed, trained.State);

        var options = new EvaluationOptions { Checkpoints = [trained.Checkpoint!], DataDirectory = Tiny.DataDirectory, Images = 10, Attacks = ["fgsm"] };
        isAway = true;
        await Assert.ThrowsAnyAsync<OrleansException>(() => cluster.Control.StartEvaluationAsync("e", JsonSerializer.Serialize(options, AfaJson.Options)));
        isAway = false;
        await cluster.Control.StartEvaluationAsync("e", JsonSerializer.Serialize(options with { Images = 5 }, AfaJson.Options));
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await WaitForStateAsync(cluster, "completed", limit.Token);
    }

    [Fact]
    public async Task Run_ResumedWhileItPauses_GoesOn()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        await cluster.Control.StartTrainingAsync("run", JsonSerializer.Serialize(Tiny with { Epochs = 30 }, AfaJson.Options));
        await cluster.WaitAsync("run", status => status.Step >= 1);
        await cluster.Control.PauseTrainingAsync("run");
        await cluster.Control.ResumeTrainingAsync("run");

        Assert.Equal(RunState.Completed, (await cluster.WaitAsync("run", status => status.State != RunState.Running)).State);
    }

    /// <summary>Trains "run" and starts the evaluation "e".</summary>
    private static async Task EvaluateAsync(TestCluster cluster)
    {
        var trained = await cluster.TrainAsync("run", Tiny with { Epochs = 1 });
        var options = new EvaluationOptions { Checkpoints = [trained.Checkpoint!], DataDirectory = Tiny.DataDirectory, Images = 10, Attacks = ["fgsm"] };
        await cluster.Control.StartEvaluationAsync("e", JsonSerializer.Serialize(options, AfaJson.Options));
    }

    private static async Task WaitForStateAsync(TestCluster cluster, string state, CancellationToken limit)
    {
        while (await cluster.Store.ReadAsync("state/evaluation-run/e.json", 1 << 20, limit) is not { } json || JsonDocument.Parse(json).RootElement.GetProperty("state").GetString() != state)
        {
            await Task.Delay(20, limit);
        }
    }

    [Fact]
    public async Task Run_TakenOverByAnotherProcess_StopsAndWritesNothingMore()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1", "AFA_LONG_TESTS is not 1.");   // A lease is renewed every 5 s.
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        await cluster.Control.StartTrainingAsync("run", JsonSerializer.Serialize(Tiny with { Epochs = 2000 }, AfaJson.Options));
        await cluster.WaitAsync("run", status => status.Step >= 6);
        var beat = JsonSerializer.SerializeToUtf8Bytes(new { machine = "another-machine", processId = 1, at = DateTimeOffset.UtcNow });
        await cluster.Store.WriteAsync("runs/run/heartbeat.json", beat);

        await Assert.ThrowsAsync<WorkedOnElsewhereException>(async () =>
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            while (!limit.IsCancellationRequested)
            {
                await cluster.Control.ResumeTrainingAsync("run");   // No effect while it is at work here.
                await Task.Delay(100);
            }
        });

        var stopped = await cluster.Control.GetTrainingAsync("run");
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal(RunState.Running, stopped!.State);   // There.
        Assert.Equal(stopped.Step, (await cluster.Control.GetTrainingAsync("run"))!.Step);
        Assert.Equal(beat, await cluster.Store.ReadAsync("runs/run/heartbeat.json", 4096));
    }

    [Fact]
    public async Task Store_AwayForTwoCheckpoints_FailsTheRunWithTheReason()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1, new FailingStore(TestCluster.NewStore(), name => name.Contains("/checkpoints/", StringComparison.Ordinal)));
        var status = await cluster.TrainAsync("run", Tiny);

        Assert.Equal(RunState.Failed, status.State);
        Assert.Contains("The store is away.", status.Message, StringComparison.Ordinal);
    }
}
