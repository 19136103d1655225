using System.Text.Json;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Grains;
using Afa.Sweeps;
using Afa.Training;

namespace Afa.Tests.Grains;

public sealed class CancelRequestTests
{
    private static readonly TrainingOptions Training = new()
    {
        Method = TrainingMethod.Ce,
        DataDirectory = TestData.Write(trainImages: 160, testImages: 200),
        TrainImages = 0,
        ModelWidth = 0.25,
        Epochs = 1,
        BatchSize = 40,
    };

    private static readonly FederationOptions Endless = new() { Training = Training, Participants = 2, Rounds = 100_000, LocalSteps = 1 };

    /// <summary>The store is as a silo leaves it that dies after it has said yes to the user and before the work has ended.</summary>
    [Fact]
    public async Task Work_ThatWasCanceledBeforeItsSiloDied_EndsWhenItIsTakenUp()
    {
        var store = TestCluster.NewStore();
        var endless = Training with { Epochs = 100_000 };
        await using (var dying = await TestCluster.StartAsync(silos: 1, store))
        {
            var trained = await dying.TrainAsync("first", Training);
            await dying.Control.StartTrainingAsync("run", Json(endless));
            await dying.Control.StartFederationAsync("federation", Json(Endless));
            await dying.Control.StartEvaluationAsync("evaluation", Json(new EvaluationOptions { Checkpoints = [trained.Checkpoint!], DataDirectory = Training.DataDirectory, Images = 200, Attacks = ["autoattack"] }));
            await dying.Control.StartSweepAsync("sweep", Json(new SweepPlan
            {
                Varied = [],
                Points = [new SweepPoint("only", "", [])],
                Trials = [new SweepTrial { Name = "only-s0", Point = "only", Training = endless, Evaluation = new EvaluationOptions { DataDirectory = Training.DataDirectory } }],
            }));
        }

        foreach (var folder in new[] { "runs/run", "federations/federation", "evaluations/evaluation", "sweeps/sweep" })
        {
            var dead = new CancelRequest(store, folder);
            Assert.False(await dead.FindAsync());
            await dead.MakeAsync();
        }

        await using var cluster = await TestCluster.StartAsync(silos: 1, store);
        await EndsCanceledAsync(async () => (await cluster.Control.GetTrainingAsync("run"))!.State);
        await EndsCanceledAsync(async () => (await cluster.Control.GetFederationAsync("federation"))!.State);
        await EndsCanceledAsync(async () => (await cluster.Control.GetEvaluationAsync("evaluation"))!.State);
        await EndsCanceledAsync(async () => (await cluster.Control.GetSweepAsync("sweep"))!.State);
        await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Control.ResumeTrainingAsync("run"));
    }

    [Fact]
    public async Task Cancel_IsInTheStoreWhenItIsAnswered()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        await cluster.Control.StartTrainingAsync("run", Json(Training with { Epochs = 100_000 }));
        await cluster.Control.CancelTrainingAsync("run");
        Assert.True(await new CancelRequest(cluster.Store, "runs/run").FindAsync());
        await cluster.Control.StartFederationAsync("federation", Json(Endless));
        await cluster.Control.CancelFederationAsync("federation");
        Assert.True(await new CancelRequest(cluster.Store, "federations/federation").FindAsync());
    }

    [Fact]
    public async Task Cancel_WhileAPauseComesAbout_Wins()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        await cluster.Control.StartTrainingAsync("run", Json(Training with { Epochs = 100_000 }));
        await cluster.Control.PauseTrainingAsync("run");
        await cluster.Control.CancelTrainingAsync("run");
        await EndsCanceledAsync(async () => (await cluster.Control.GetTrainingAsync("run"))!.State);
        await cluster.Control.StartFederationAsync("federation", Json(Endless));
        await cluster.Control.PauseFederationAsync("federation");
        await cluster.Control.CancelFederationAsync("federation");
        await EndsCanceledAsync(async () => (await cluster.Control.GetFederationAsync("federation"))!.State);
    }

    private static async Task EndsCanceledAsync(Func<Task<RunState>> lookAsync)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        RunState state;
        while ((state = await lookAsync()) == RunState.Running)
        {
            await Task.Delay(50, limit.Token);
        }

        Assert.Equal(RunState.Canceled, state);
    }

    private static string Json<T>(T options) => JsonSerializer.Serialize(options, AfaJson.Options);
}
