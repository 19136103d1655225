using System.Text.Json;
using Afa.Grains;
using Afa.Training;
using Afa.Training.Methods;
using Microsoft.Extensions.DependencyInjection;

namespace Afa.Tests.Grains;

public sealed class TrainingRunTests : IAsyncLifetime
{
    private static readonly string Data = TestData.Write(trainImages: 240, testImages: 100);

    private static readonly TrainingOptions Tiny = new()
    {
        DataDirectory = Data,
        TrainImages = 0,
        ModelWidth = 0.25,
        Epochs = 2,
        BatchSize = 40,
        Head = new HeadOptions { Epochs = 1 },
        Attack = new InnerAttackOptions { Steps = 2 },
    };

    private TestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestCluster.StartAsync(silos: 3);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Theory]
    [InlineData(TrainingMethod.Afa)]
    [InlineData(TrainingMethod.AfaTrades)]
    [InlineData(TrainingMethod.Ce)]
    [InlineData(TrainingMethod.PgdAt)]
    [InlineData(TrainingMethod.Trades)]
    [InlineData(TrainingMethod.Supcon)]
    public async Task Run_WithTwoTrainers_EndsWithAllEpochsAndACheckpoint(TrainingMethod method)
    {
        var status = await _cluster.TrainAsync("run", With(method));

        Assert.Null(status.Message);
        Assert.Equal(RunState.Completed, status.State);
        Assert.Equal(status.Epochs, status.History.Count);
        Assert.Equal(method is TrainingMethod.Afa or TrainingMethod.Supcon ? 18 : 12, status.Step);
        Assert.Equal(0, status.Recoveries);
        Assert.All(status.History, row => Assert.True(double.IsFinite(row.Loss)));
        Assert.Equal(status.Step, (await _cluster.Checkpoints.LoadStateAsync(status.Checkpoint!)).Step);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Run_OfEveryMethodPausedAndResumed_GivesTheSameWeights(int trainers)
    {
        // In short: perturbed weights, two views and two phases, several updates in a step. AFA has a test of its own.
        var isLong = Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1";
        foreach (var method in isLong ? Enum.GetValues<TrainingMethod>() : [TrainingMethod.Mart, TrainingMethod.Supcon, TrainingMethod.FreeAt])
        {
            var (undisturbed, paused, options) = ($"{method}-undisturbed", $"{method}-paused", With(method) with { Trainers = trainers, Epochs = 4 });
            await _cluster.TrainAsync(undisturbed, options);

            await _cluster.Control.StartTrainingAsync(paused, JsonSerializer.Serialize(options, AfaJson.Options));
            await _cluster.WaitAsync(paused, status => status.Step >= 2);
            await _cluster.Control.PauseTrainingAsync(paused);
            Assert.Equal((paused, RunState.Paused), (paused, (await _cluster.WaitAsync(paused, status => status.State != RunState.Running)).State));
            await _cluster.Control.ResumeTrainingAsync(paused);
            var ended = await _cluster.WaitAsync(paused, status => status.State != RunState.Running);

            Assert.Equal((paused, RunState.Completed, null), (paused, ended.State, ended.Message));
            var (straight, resumed) = (await _cluster.FinalWeightsAsync(undisturbed), await _cluster.FinalWeightsAsync(paused));
            Assert.True(straight.SequenceEqual(resumed), $"{method} with {trainers} trainers ended with other weights.");
        }
    }

    [Fact]
    public async Task Afa_OnEasyImages_LearnsToTellTheClassesApart()
    {
        var status = await _cluster.TrainAsync("run", Tiny with { Epochs = 12, ModelWidth = 0.5, Head = new HeadOptions { Epochs = 5, LearningRate = 0.1 } });

        Assert.True(status.History[^1].CleanAccuracy > 0.9, $"The bars are easy to tell apart, but the accuracy is {status.History[^1].CleanAccuracy}.");
        Assert.True(status.History[11].FeatureMatch > status.History[0].FeatureMatch);
    }

    [Fact]
    public async Task Run_SameSeedTwice_GivesTheSameWeightsBitForBit()
    {
        await _cluster.TrainAsync("first", Tiny);
        await _cluster.TrainAsync("second", Tiny);
        await _cluster.TrainAsync("other-seed", Tiny with { Seed = 1 });

        Assert.Equal(await _cluster.FinalWeightsAsync("first"), await _cluster.FinalWeightsAsync("second"));
        Assert.NotEqual(await _cluster.FinalWeightsAsync("first"), await _cluster.FinalWeightsAsync("other-seed"));
    }

    [Fact]
    public async Task Run_WithOneTrainerOrTwo_GivesNearlyTheSameWeights()
    {
        await _cluster.TrainAsync("one", Tiny with { Trainers = 1, Epochs = 1 });
        await _cluster.TrainAsync("two", Tiny with { Trainers = 2, Epochs = 1 });

        var (one, two) = (Floats(await _cluster.FinalWeightsAsync("one")), Floats(await _cluster.FinalWeightsAsync("two")));
        // Sums in another order differ in the last bits; the attack's sign can turn such a bit into a step for single pixels.
        Assert.True(one.Zip(two, (a, b) => Math.Abs(a - b)).Max() < 1e-3);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Silo_KilledDuringTraining_TheRunEndsWithTheSameWeights(int victim)
    {
        var options = Tiny with { Epochs = 4 };
        await _cluster.TrainAsync("undisturbed", options);

        await _cluster.Control.StartTrainingAsync("disturbed", JsonSerializer.Serialize(options, AfaJson.Options));
        await _cluster.WaitAsync("disturbed", status => status.Step >= 8);
        await _cluster.Silos.KillSiloAsync(_cluster.Silos.Silos[victim]);
        var status = await _cluster.WaitAsync("disturbed", status => status.State is RunState.Completed or RunState.Failed);

        Assert.Equal((RunState.Completed, null), (status.State, status.Message));
        Assert.Equal(await _cluster.FinalWeightsAsync("undisturbed"), await _cluster.FinalWeightsAsync("disturbed"));
    }

    [Fact]
    public async Task Run_WithRoundedGradients_PausedAndResumed_GivesTheSameWeights()
    {
        var options = Tiny with { Epochs = 4, Gradient = new GradientOptions { Wire = Afa.Models.ComputePrecision.Bfloat16 } };
        await _cluster.TrainAsync("exact", options with { Gradient = new GradientOptions() });
        await _cluster.TrainAsync("undisturbed", options);

        await _cluster.Control.StartTrainingAsync("paused", JsonSerializer.Serialize(options, AfaJson.Options));
        await _cluster.WaitAsync("paused", status => status.Step >= 2);
        await _cluster.Control.PauseTrainingAsync("paused");
        var paused = await _cluster.WaitAsync("paused", status => status.State != RunState.Running);
        Assert.Equal(RunState.Paused, paused.State);
        await _cluster.Control.ResumeTrainingAsync("paused");
        var ended = await _cluster.WaitAsync("paused", status => status.State != RunState.Running);

        Assert.Equal((RunState.Completed, null), (ended.State, ended.Message));
        Assert.Equal(await _cluster.FinalWeightsAsync("undisturbed"), await _cluster.FinalWeightsAsync("paused"));
        Assert.NotEqual(await _cluster.FinalWeightsAsync("exact"), await _cluster.FinalWeightsAsync("undisturbed"));
    }

    [Fact]
    public async Task RunGrain_ThatMoves_FreesItsTrainersFirst()
    {
        var options = Tiny with { Method = TrainingMethod.Ce, Epochs = 30 };
        await _cluster.Control.StartTrainingAsync("run", JsonSerializer.Serialize(options, AfaJson.Options));
        await _cluster.WaitAsync("run", status => status.Step >= 8);
        await _cluster.Silos.DeactivateAsync(_cluster.Silos.Client.GetGrain<ITrainingRunGrain>("run"));

        // Nobody has asked for it since, so there is no other activation yet.
        Assert.All(_cluster.Silos.Silos, silo => Assert.Empty(_cluster.Silos.GetSiloServiceProvider(silo.SiloAddress).GetRequiredService<SiloWork>().Runs));
        var status = await _cluster.WaitAsync("run", status => status.State is RunState.Completed or RunState.Failed);
        Assert.Equal((RunState.Completed, 1, null), (status.State, status.Recoveries, status.Message));
    }

    [Fact]
    public async Task Run_PausedAndResumed_GivesTheSameWeights()
    {
        await _cluster.TrainAsync("undisturbed", Tiny);

        await _cluster.Control.StartTrainingAsync("paused", JsonSerializer.Serialize(Tiny, AfaJson.Options));
        await _cluster.WaitAsync("paused", status => status.Step >= 2);
        await _cluster.Control.PauseTrainingAsync("paused");
        var paused = await _cluster.WaitAsync("paused", status => status.State != RunState.Running);
        Assert.Equal(RunState.Paused, paused.State);
        Assert.InRange(paused.Step, 2, 17);
        await _cluster.Control.ResumeTrainingAsync("paused");
        var ended = await _cluster.WaitAsync("paused", status => status.State != RunState.Running);

        Assert.Equal(RunState.Completed, ended.State);
        Assert.Equal(await _cluster.FinalWeightsAsync("undisturbed"), await _cluster.FinalWeightsAsync("paused"));
        var undisturbed = await _cluster.Control.GetTrainingAsync("undisturbed");
        Assert.Equal(undisturbed!.History.Select(row => row.Loss), ended.History.Select(row => row.Loss));
    }

    [Fact]
    public async Task Checkpoint_DamagedBeforeAResume_IsPassedOverAndTheRunEndsTheSame()
    {
        await _cluster.TrainAsync("undisturbed", Tiny);
        await _cluster.Control.StartTrainingAsync("damaged", JsonSerializer.Serialize(Tiny, AfaJson.Options));
        await _cluster.WaitAsync("damaged", status => status.Step >= 7);
        await _cluster.Control.PauseTrainingAsync("damaged");
        var paused = await _cluster.WaitAsync("damaged", status => status.State != RunState.Running);
        Assert.Equal(RunState.Paused, paused.State);
        var file = (await _cluster.Checkpoints.LoadStateAsync(paused.Checkpoint!)).Files[0].Name;
        await _cluster.Store.WriteAsync($"{paused.Checkpoint}/{file}", new byte[100]);

        await _cluster.Control.ResumeTrainingAsync("damaged");
        var ended = await _cluster.WaitAsync("damaged", status => status.State != RunState.Running);

        Assert.Equal(RunState.Completed, ended.State);
        Assert.Contains(file, ended.Message, StringComparison.Ordinal);
        Assert.Equal(await _cluster.FinalWeightsAsync("undisturbed"), await _cluster.FinalWeightsAsync("damaged"));
    }

    [Fact]
    public async Task Start_Repeated_HasNoFurtherEffectButOtherOptionsAreRefused()
    {
        var status = await _cluster.TrainAsync("run", Tiny with { Epochs = 1, Method = TrainingMethod.Ce });
        var again = await _cluster.TrainAsync("run", Tiny with { Epochs = 1, Method = TrainingMethod.Ce });

        Assert.Equal(status.Checkpoint, again.Checkpoint);
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => _cluster.TrainAsync("run", Tiny));
        Assert.Contains("'run' exists with other options", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithoutItsData_FailsAndNamesTheFoldersSearched()
    {
        var folder = Directory.CreateTempSubdirectory("afa-empty-").FullName;
        var status = await _cluster.TrainAsync("run", Tiny with { DataDirectory = folder });

        Assert.Equal(RunState.Failed, status.State);
        Assert.Contains(folder, status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loss_ThatIsNotFinite_FailsTheRunWithItsStep()
    {
        var status = await _cluster.TrainAsync("run", Tiny with
        {
            Method = TrainingMethod.Ce,
            Optimizer = new OptimizerOptions { LearningRate = 100, GradientClip = 0, Schedule = LearningRateScheduleKind.Constant },
            Epochs = 20,
        });

        Assert.Equal(RunState.Failed, status.State);
        Assert.Matches("The loss of step [0-9]+ on trainer [01] is", status.Message);
    }

    [Fact]
    public async Task Runs_AndCheckpoints_AreListedNewestFirst()
    {
        await _cluster.TrainAsync("older", Tiny with { Epochs = 1, Method = TrainingMethod.Ce });
        await _cluster.TrainAsync("newer", Tiny with { Epochs = 2, Method = TrainingMethod.Ce });

        Assert.Equal(["newer", "older"], (await _cluster.Control.ListTrainingsAsync()).Select(run => run.Run));
        var checkpoints = await _cluster.Control.ListCheckpointsAsync("newer");
        Assert.Equal([12L, 6L], checkpoints.Select(checkpoint => checkpoint.Step));
        Assert.Equal([true, false], checkpoints.Select(checkpoint => checkpoint.IsFinal));

        await _cluster.Control.DeleteCheckpointAsync(checkpoints[1].Name);
        await _cluster.Control.DeleteCheckpointAsync(checkpoints[1].Name);
        Assert.Single(await _cluster.Control.ListCheckpointsAsync("newer"));
    }

    [Fact]
    public async Task Checkpoint_WithOptionsOfAnotherVersion_IsListedAllTheSame()
    {
        var status = await _cluster.TrainAsync("run", Tiny with { Epochs = 1, Method = TrainingMethod.Ce });
        var known = await _cluster.Checkpoints.LoadAsync(status.Checkpoint!);
        var other = known.State with { Step = 7, Options = JsonSerializer.SerializeToElement(new { anOptionOfTomorrow = 1 }) };
        await _cluster.Checkpoints.SaveAsync("runs/run/checkpoints/step-00000007", known with { State = other });

        var listed = await _cluster.Control.ListCheckpointsAsync("run");

        Assert.Equal([(6L, true), (7L, false)], listed.Select(checkpoint => (checkpoint.Step, checkpoint.IsFinal)).Order());
    }

    /// <summary>Narrow, as what matters is the way and not the weights; with perturbed weights from the second epoch on, where the method has them.</summary>
    private static TrainingOptions With(TrainingMethod method)
    {
        var options = Tiny with { Method = method, ModelWidth = 0.125, Augmentation = new() { HorizontalFlip = method == TrainingMethod.Supcon }, FreeReplays = 2 };
        return TrainingMethods.Get(method).NoWeightPerturbation is null ? options with { AwpGamma = 0.005, AwpWarmup = 1 } : options;
    }

    private static float[] Floats(byte[] bytes) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray();
}
