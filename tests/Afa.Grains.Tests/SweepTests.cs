using System.Text.Json;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Sweeps;
using Afa.Training;
using Orleans.Runtime.Placement;

namespace Afa.Tests.Grains;

public sealed class SweepTests
{
    private static readonly string s_data = TestData.Write(trainImages: 200, testImages: 40);

    private static readonly TrainingOptions s_training = new()
    {
        Method = TrainingMethod.Ce,
        DataDirectory = s_data,
        TrainImages = 0,
        ModelWidth = 0.25,
        Epochs = 2,
        BatchSize = 40,
        Trainers = 1,
    };

    [Fact]
    public async Task Sweep_OnTwoSlots_RunsTwoTrialsAtOnceAndEachAsIfItWereAlone()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        await StartAsync(cluster, "sweep", Plan(["0.05", "0.1"], seeds: [0, 1]));
        var most = 0;
        var ended = await WaitAsync(cluster, "sweep", status => most = Math.Max(most, Working(status)), status => status.State != RunState.Running);

        Assert.Equal(RunState.Completed, ended.State);
        Assert.Equal(2, most);
        Assert.Equal(1, ended.Share);
        Assert.All(ended.Trials, trial => Assert.Equal(SweepTrialState.Completed, trial.State));

        var alone = await cluster.TrainAsync("alone", s_training with { Optimizer = s_training.Optimizer with { LearningRate = 0.1 }, Seed = 1 });
        Assert.Equal(await cluster.FinalWeightsAsync("alone"), await cluster.FinalWeightsAsync("sweep-lr2-s1"));

        var result = await ResultAsync(cluster, "sweep");
        var trial = result.Trials[3];
        Assert.Equal(("lr2-s1", alone.Checkpoint!.Replace("alone", "sweep-lr2-s1", StringComparison.Ordinal)), (trial.Name, trial.Result!.Checkpoint));
        var evaluation = JsonSerializer.Deserialize<EvaluationDocument>((await cluster.Control.GetEvaluationResultAsync("sweep-lr2-s1-evaluation"))!, AfaJson.Options)!;
        Assert.Equal(evaluation.Results[0].Attacks.Select(attack => (attack.Attack, attack.Correct, attack.Total)), trial.Result.Accuracies.Select(accuracy => (accuracy.Attack, accuracy.Correct, accuracy.Total)));
        Assert.True(trial.Result is { TrainingSeconds: > 0, ImagesPerSecond: > 0 });
        var group = Assert.Single(result.Groups);
        Assert.Equal(2, group.Rows.Count);
        Assert.All(group.Rows, row => Assert.Equal(2, row.Figures[0].Seeds));
    }

    [Fact]
    public async Task Trials_OfSeveralTrainers_NeverShareSlotsAndNeverWaitForEachOther()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        var plan = Plan(["0.05", "0.1", "0.2"], seeds: [0]);
        int[] trainers = [2, 2, 4];   // Two fill both slots; four are more than there are, so that trial runs by itself.
        await StartAsync(cluster, "sweep", plan with { Trials = [.. plan.Trials.Zip(trainers, (trial, count) => trial with { Training = trial.Training with { Trainers = count, Shards = 4 } })] });
        var most = 0;
        var ended = await WaitAsync(cluster, "sweep", status => most = Math.Max(most, Working(status)), status => status.State != RunState.Running);

        Assert.Equal((RunState.Completed, 1), (ended.State, most));
    }

    [Fact]
    public async Task Trial_ThatFails_IsReportedTheOthersGoOnAndAResumeTriesOnlyItAgain()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        var missing = Path.Combine(Directory.CreateTempSubdirectory("afa-data-").FullName, "not-there-yet");
        var plan = Plan(["0.05", "0.1", "0.2"], seeds: [0]);
        await StartAsync(cluster, "sweep", plan with
        {
            Trials =
            [
                plan.Trials[0] with { Training = plan.Trials[0].Training with { DataDirectory = missing }, Evaluation = plan.Trials[0].Evaluation with { DataDirectory = missing } },
                plan.Trials[1] with { Training = plan.Trials[1].Training with { TrainImages = 1000 } },
                plan.Trials[2],
            ],
        });

        var ended = await WaitAsync(cluster, "sweep", _ => { }, status => status.State != RunState.Running);
        Assert.Equal((RunState.Completed, "2 of 3 trials failed; resume the sweep to try them again."), (ended.State, ended.Message));
        Assert.Equal([SweepTrialState.Failed, SweepTrialState.Failed, SweepTrialState.Completed], ended.Trials.Select(trial => trial.State));
        Assert.Contains("not-there-yet", ended.Trials[0].Message, StringComparison.Ordinal);
        Assert.Equal("TrainImages is 1000, but Fashion-MNIST has 200 training images here. Use 0 for all.", ended.Trials[1].Message);
        Assert.Equal(["lr3"], (await ResultAsync(cluster, "sweep")).Groups.Single().Rows.Select(row => row.Point.Name));

        var finished = await ResultBytesAsync(cluster, "sweep-lr3-s0");
        Directory.Move(TestData.Write(trainImages: 200, testImages: 40), missing);
        await cluster.Control.ResumeSweepAsync("sweep");
        ended = await WaitAsync(cluster, "sweep", _ => { }, status => status.State != RunState.Running);

        Assert.Equal([SweepTrialState.Completed, SweepTrialState.Failed, SweepTrialState.Completed], ended.Trials.Select(trial => trial.State));
        Assert.Equal(finished, await ResultBytesAsync(cluster, "sweep-lr3-s0"));   // Its times would differ if it had run again.
    }

    [Fact]
    public async Task Sweep_PausedAndResumed_EndsWithTheSameFigures()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        var plan = Plan(["0.05", "0.1"], seeds: [0, 1], epochs: 40);   // Long enough to be paused before any is trained.
        await StartAsync(cluster, "whole", plan);
        await WaitAsync(cluster, "whole", _ => { }, status => status.State == RunState.Completed);

        await StartAsync(cluster, "halted", plan);
        await WaitAsync(cluster, "halted", _ => { }, status => status.Trials.Any(trial => trial is { State: SweepTrialState.Training, Share: > 0 }));
        await cluster.Control.PauseSweepAsync("halted");
        var paused = await WaitAsync(cluster, "halted", _ => { }, status => status.State != RunState.Running);
        Assert.Equal(RunState.Paused, paused.State);
        Assert.Contains(paused.Trials, trial => trial.State == SweepTrialState.Waiting);
        var run = paused.Trials.First(trial => trial.State == SweepTrialState.Training).Run;
        Assert.Equal(RunState.Paused, (await cluster.Control.GetTrainingAsync(run))!.State);

        await cluster.Control.ResumeSweepAsync("halted");
        await WaitAsync(cluster, "halted", _ => { }, status => status.State == RunState.Completed);
        Assert.Equal(await FiguresAsync(cluster, "whole"), await FiguresAsync(cluster, "halted"));
    }

    [Fact]
    public async Task Silo_OfTheSweepKilled_AnotherGoesOnWithTheSameFigures()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 2);
        var plan = Plan(["0.05", "0.1"], seeds: [0, 1], epochs: 4);
        await StartAsync(cluster, "whole", plan);
        await WaitAsync(cluster, "whole", _ => { }, status => status.State == RunState.Completed);

        RequestContext.Set(IPlacementDirector.PlacementHintKey, cluster.Silos.Silos[^1].SiloAddress);
        await StartAsync(cluster, "disturbed", plan);
        RequestContext.Clear();
        await WaitAsync(cluster, "disturbed", _ => { }, status => status.Trials.Any(trial => trial is { State: SweepTrialState.Training, Share: > 0 }));
        await cluster.Silos.KillSiloAsync(cluster.Silos.Silos[^1]);

        var ended = await WaitAsync(cluster, "disturbed", _ => { }, status => status.State != RunState.Running);
        Assert.Equal((RunState.Completed, null), (ended.State, ended.Message));
        Assert.Equal(await FiguresAsync(cluster, "whole"), await FiguresAsync(cluster, "disturbed"));
    }

    [Fact]
    public async Task Trials_OnTwoSilos_AreSpreadEvenly()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 2);
        await StartAsync(cluster, "sweep", Plan(["0.05", "0.1", "0.2", "0.3"], seeds: [0], epochs: 20));
        var management = cluster.Silos.Client.GetGrain<IManagementGrain>(0);
        await WaitAsync(cluster, "sweep", _ => { }, status => status.Trials.All(trial => trial is { State: SweepTrialState.Training, Share: > 0 }));   // All four at once, on two slots each.
        var trainers = (await management.GetDetailedGrainStatistics())
            .Where(grain => grain.GrainId.Type.ToString()!.Contains("trainer", StringComparison.Ordinal)).GroupBy(grain => grain.SiloAddress).Select(silo => silo.Count());

        Assert.Equal([2, 2], trainers);
        await cluster.Control.PauseSweepAsync("sweep");
        await WaitAsync(cluster, "sweep", _ => { }, status => status.State == RunState.Paused);
    }

    [Fact]
    public async Task Sweep_ThatCannotWork_IsRefusedBeforeItStarts()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        var plan = Plan(["0.05", "0.1"], seeds: [0]);
        var wrong = plan with
        {
            Trials =
            [
                plan.Trials[0] with { Training = s_training with { Epochs = 0 } },
                plan.Trials[1] with { Point = "none", Evaluation = new EvaluationOptions { Images = 0 } },
            ],
        };

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(cluster, "sweep", wrong));
        Assert.Contains("trial 'lr1-s0': Epochs must be in", refused.Message, StringComparison.Ordinal);
        Assert.Contains("trial 'lr2-s0': there is no point 'none'.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("trial 'lr2-s0': Images must be at least 1", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(cluster, "sweep", plan with { Trials = [] }));
        await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(cluster, "sweep", plan with { Trials = [plan.Trials[0] with { Name = "../../elsewhere" }] }));
        await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Control.ResumeSweepAsync("sweep"));
        Assert.Null(await cluster.Control.GetSweepAsync("sweep"));
        Assert.Null(await cluster.Control.GetSweepResultAsync("sweep"));
        Assert.Empty(await cluster.Control.ListSweepsAsync());
        Assert.Empty(await cluster.Control.ListTrainingsAsync());
    }

    [Fact]
    public async Task Sweep_StartedAgain_GoesOnUnlessItIsAnotherOrItsNamesAreTaken()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        var plan = Plan(["0.05"], seeds: [0]);
        await StartAsync(cluster, "sweep", plan);
        await StartAsync(cluster, "sweep", plan);
        await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(cluster, "sweep", Plan(["0.1"], seeds: [0])));
        await WaitAsync(cluster, "sweep", _ => { }, status => status.State == RunState.Completed);

        await cluster.Control.ResumeSweepAsync("sweep");
        Assert.Equal(RunState.Completed, (await cluster.Control.GetSweepAsync("sweep"))!.State);
        Assert.Single(await cluster.Control.ListTrainingsAsync());

        var trained = await cluster.TrainAsync("mine-lr1-s0", s_training with { Epochs = 1 });
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(cluster, "mine", plan));
        Assert.Contains("mine-lr1-s0", refused.Message, StringComparison.Ordinal);

        await cluster.Control.StartEvaluationAsync("yours-lr1-s0-evaluation", JsonSerializer.Serialize(plan.Trials[0].Evaluation with { Checkpoints = [trained.Checkpoint!] }, AfaJson.Options));
        refused = await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(cluster, "yours", plan));
        Assert.Contains("yours-lr1-s0-evaluation", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sweep_WhoseStateAnotherHasChanged_LeavesNoTrialAtWork()
    {
        const string state = "state/sweep/sweep.json";
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        var plan = Plan(["0.05", "0.1"], seeds: [0], epochs: 10);
        await StartAsync(cluster, "sweep", plan with { Trials = [plan.Trials[0], plan.Trials[1] with { Training = plan.Trials[1].Training with { Epochs = 100 } }] });
        await WaitAsync(cluster, "sweep", _ => { }, status => status.Trials.All(trial => trial is { State: SweepTrialState.Training, Share: > 0 }));
        var json = System.Text.Json.Nodes.JsonNode.Parse(await cluster.Store.ReadAsync(state, 1 << 20))!;
        json["message"] = "changed";
        await cluster.Store.WriteAsync(state, JsonSerializer.SerializeToUtf8Bytes(json));

        await WaitAsync(cluster, "sweep", _ => { }, status => status.State == RunState.Paused);   // What is stored cannot be written over, and says that it runs.
        await cluster.WaitAsync("sweep-lr2-s0", status => status.State == RunState.Completed);
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Empty(await cluster.Control.ListEvaluationsAsync());   // Of the trial that was still training.

        await cluster.Control.ResumeSweepAsync("sweep");
        await WaitAsync(cluster, "sweep", _ => { }, status => status.State == RunState.Completed);
    }

    [Fact]
    public async Task Store_AwayForAMoment_FailsNoTrial()
    {
        var refusals = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        await using var cluster = await TestCluster.StartAsync(silos: 1, new WatchedStore(TestCluster.NewStore(), name =>
        {
            var isRefused = name is "runs/sweep-lr1-s0/heartbeat.json" or "evaluations/sweep-lr1-s0-evaluation/heartbeat.json" || (name == "state/sweep/sweep.json" && !refusals.IsEmpty);
            return isRefused && refusals.TryAdd(name, true) ? throw new IOException("The store is away.") : Task.CompletedTask;
        }));
        await StartAsync(cluster, "sweep", Plan(["0.05"], seeds: [0]));
        var ended = await WaitAsync(cluster, "sweep", _ => { }, status => status.State != RunState.Running);

        Assert.Equal((RunState.Completed, null, 3), (ended.State, ended.Message, refusals.Count));
    }

    [Fact]
    public async Task Trial_ThatAnotherProcessWorksOn_IsWaitedFor()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        await StartAsync(cluster, "sweep", Plan(["0.05"], seeds: [0], epochs: 20));
        await WaitAsync(cluster, "sweep", _ => { }, status => status.Trials[0] is { State: SweepTrialState.Training, Share: > 0 });
        await cluster.Control.PauseSweepAsync("sweep");
        await WaitAsync(cluster, "sweep", _ => { }, status => status.State == RunState.Paused);
        var beat = new { machine = "another-machine", processId = 1, at = DateTimeOffset.UtcNow.AddSeconds(-17) };   // Taken for alive for 3 s more.
        await cluster.Store.WriteAsync("runs/sweep-lr1-s0/heartbeat.json", JsonSerializer.SerializeToUtf8Bytes(beat));
        await cluster.Control.ResumeSweepAsync("sweep");
        var ended = await WaitAsync(cluster, "sweep", _ => { }, status => status.State != RunState.Running);

        Assert.Equal((RunState.Completed, null), (ended.State, ended.Message));
    }

    [Fact]
    public async Task Trial_WhoseRunIsPausedByItself_IsResumedButNotForEver()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        await StartAsync(cluster, "once", Plan(["0.05"], seeds: [0], epochs: 20));
        await WaitAsync(cluster, "once", _ => { }, status => status.Trials[0] is { State: SweepTrialState.Training, Share: > 0 });
        await cluster.Control.PauseTrainingAsync("once-lr1-s0");
        var ended = await WaitAsync(cluster, "once", _ => { }, status => status.State != RunState.Running);
        Assert.Equal((RunState.Completed, null), (ended.State, ended.Message));

        await StartAsync(cluster, "always", Plan(["0.05"], seeds: [0], epochs: 2000));
        await WaitAsync(cluster, "always", _ => { }, status => status.Trials[0] is { State: SweepTrialState.Training, Share: > 0 });
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        SweepStatus status;
        do
        {
            await cluster.Control.PauseTrainingAsync("always-lr1-s0");
            await Task.Delay(50, limit.Token);
            status = (await cluster.Control.GetSweepAsync("always"))!;
        }
        while (status.State == RunState.Running);

        Assert.Contains("paused again after 5 resumes", status.Trials[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sweep_ResumedWhileItPauses_GoesOn()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        await StartAsync(cluster, "sweep", Plan(["0.05", "0.1"], seeds: [0], epochs: 20));
        await WaitAsync(cluster, "sweep", _ => { }, status => status.Trials.Any(trial => trial is { State: SweepTrialState.Training, Share: > 0 }));
        await cluster.Control.PauseSweepAsync("sweep");
        await cluster.Control.ResumeSweepAsync("sweep");

        var ended = await WaitAsync(cluster, "sweep", _ => { }, status => status.State != RunState.Running);
        Assert.Equal((RunState.Completed, null), (ended.State, ended.Message));
    }

    [Fact]
    public async Task Sweep_WhoseStartOrResumeCouldNotBeStored_IsAsItWas()
    {
        var isAway = true;
        await using var cluster = await TestCluster.StartAsync(silos: 1, new WatchedStore(TestCluster.NewStore(), name =>
            isAway && name.StartsWith("state/sweep/", StringComparison.Ordinal) ? throw new IOException("The store is away.") : Task.CompletedTask));
        await Assert.ThrowsAnyAsync<OrleansException>(() => StartAsync(cluster, "sweep", Plan(["0.05"], seeds: [0])));
        isAway = false;
        await StartAsync(cluster, "sweep", Plan(["0.1"], seeds: [0]) with { Trials = [Plan(["0.1"], seeds: [0]).Trials[0] with { Training = s_training with { TrainImages = 1000 } }] });   // Another plan, as there is none yet.
        var failed = await WaitAsync(cluster, "sweep", _ => { }, status => status.State == RunState.Completed);

        isAway = true;
        await Assert.ThrowsAnyAsync<OrleansException>(() => cluster.Control.ResumeSweepAsync("sweep"));
        var still = (await cluster.Control.GetSweepAsync("sweep"))!;
        Assert.Equal((RunState.Completed, failed.Message, SweepTrialState.Failed), (still.State, still.Message, still.Trials[0].State));
    }

    [Fact]
    public async Task Sweep_OfAnotherVersion_DoesNotHideTheOthers()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        await cluster.Store.WriteAsync("state/sweep/old.json", """{"planJson": "{\"unknown\": 1}", "state": "paused", "trials": {}}"""u8.ToArray());
        await StartAsync(cluster, "new", Plan(["0.05"], seeds: [0]));

        var sweeps = await cluster.Control.ListSweepsAsync();
        Assert.Equal(["new", "old"], sweeps.Select(sweep => sweep.Sweep));
        Assert.StartsWith("It cannot be read: ", sweeps[1].Message, StringComparison.Ordinal);
        await WaitAsync(cluster, "new", _ => { }, status => status.State == RunState.Completed);
    }

    private static SweepPlan Plan(IReadOnlyList<string> rates, IReadOnlyList<ulong> seeds, int epochs = 2)
    {
        SweepPoint[] points = [.. rates.Select((rate, i) => new SweepPoint($"lr{i + 1}", "", [new("optimizer.learningRate", rate)]))];
        return new SweepPlan
        {
            Varied = ["optimizer.learningRate"],
            Points = points,
            Trials = [.. seeds.SelectMany(seed => points.Select(point => new SweepTrial
            {
                Name = SweepTrial.NameOf(point, seed),
                Point = point.Name,
                Training = s_training with
                {
                    Epochs = epochs,
                    Seed = seed,
                    Optimizer = s_training.Optimizer with { LearningRate = double.Parse(point.Settings[0].Text!, System.Globalization.CultureInfo.InvariantCulture) },
                },
                Evaluation = new EvaluationOptions { DataDirectory = s_data, Images = 40, Attacks = ["fgsm"], Seed = seed },
            }))],
        };
    }

    private static Task StartAsync(TestCluster cluster, string sweep, SweepPlan plan) => cluster.Control.StartSweepAsync(sweep, JsonSerializer.Serialize(plan, AfaJson.Options));

    private static int Working(SweepStatus status) => status.Trials.Count(trial => trial.State is SweepTrialState.Training or SweepTrialState.Evaluating);

    private static async Task<SweepDocument> ResultAsync(TestCluster cluster, string sweep) => JsonSerializer.Deserialize<SweepDocument>((await cluster.Control.GetSweepResultAsync(sweep))!, AfaJson.Options)!;

    private static async Task<byte[]?> ResultBytesAsync(TestCluster cluster, string run) => await cluster.Store.ReadAsync($"evaluations/{run}-evaluation/result.json", 1 << 20);

    /// <summary>All counts, without times.</summary>
    private static async Task<List<string>> FiguresAsync(TestCluster cluster, string sweep) =>
        [.. (await ResultAsync(cluster, sweep)).Trials.Select(trial => $"{trial.Name}: {string.Join(", ", trial.Result!.Accuracies.Select(accuracy => $"{accuracy.Attack} {accuracy.Correct}/{accuracy.Total}"))}")];

    /// <summary>Polls until the sweep is as wanted; a call that fails because a silo is gone is repeated.</summary>
    private static async Task<SweepStatus> WaitAsync(TestCluster cluster, string sweep, Action<SweepStatus> look, Func<SweepStatus, bool> isWanted)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        object? last = null;
        while (!limit.IsCancellationRequested)
        {
            try
            {
                var status = (await cluster.Control.GetSweepAsync(sweep, limit.Token))!;
                last = status;
                look(status);
                if (isWanted(status))
                {
                    return status;
                }
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException or OperationCanceledException)
            {
                last = exception;
            }

            await Task.Delay(20);
        }

        throw new TimeoutException($"Sweep '{sweep}' is not as wanted. Last heard: {last}");
    }
}
