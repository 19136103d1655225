using Afa.Client.Options;
using Afa.Grains;
using Afa.Sweeps;
using Xunit;

namespace Afa.Client.Tests.Commands;

/// <summary>sweep, sweeps, and what report and watch make of a sweep.</summary>
public sealed class SweepCommandTests : IDisposable
{
    private static readonly SweepPlan s_plan = Plan();

    private readonly ClientHarness _client = new();

    private SweepPlan Started => FakeControl.Plan(_client.Cluster.Sweeps[0]);

    private string Report => Path.Combine(_client.Store, "sweeps", "mine", "report");

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Sweep_ByFlags_RunsEveryTrialAndShowsTheBestFirst()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync(
            "sweep", "--grid", "afa.temperature=0.05,0.1", "--grid", "head.images=clean,adversarial", "--seeds", "0,1,2", "--attack", "pgd-5,fgsm", "--images", "100", "--epochs", "2", "--name", "mine"));

        Assert.Equal(12, Started.Trials.Count);
        Assert.All(Started.Trials, trial => Assert.Equal((2, 1, 100), (trial.Training.Epochs, trial.Training.Trainers, trial.Evaluation.Images)));
        Assert.Equal(["pgd-5", "fgsm"], Started.Trials[0].Evaluation.Attacks);
        Assert.Contains("trial 12/12 4-s2: clean 0.790, worst-case 0.000; trained in 1:00", _client.Output, StringComparison.Ordinal);

        // Trials 0, 4 and 8 are those of point 1: 0.8, 0.4 and 0 in the worst case.
        Assert.Matches(@"\| 1 +\| 0\.05 +\| clean +\| 3, t +\| 0\.400 ± 0\.400 \| 0\.000 to 1\.000 \| 0\.860 ± 0\.040 \| 0\.761 to 0\.959 \| 0\.400 ± 0\.400 \| 0\.400 ± 0\.400 \|", _client.Output);
        Assert.True(_client.Output.IndexOf("| 1     |", StringComparison.Ordinal) < _client.Output.IndexOf("| 2     |", StringComparison.Ordinal));
        Assert.Equal(["report.html", "report.md", "result.json"], Directory.GetFiles(Report).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Sweep_ByFile_FlagsWinOverIt()
    {
        var file = _client.WriteFile("s.yaml", "name: theirs\nbase: {epochs: 3, method: ce}\nseeds: [1, 2]\nevaluation: {images: 10}\ngrid: {batchSize: [32, 64]}\n");

        Assert.Equal(ExitCode.Success, await _client.RunAsync("sweep", file, "--name", "mine", "--epochs", "4", "--images", "20", "--set", "attack.steps=3", "--set-evaluation", "batchSize=5", "--grid", "epochs=1,2"));
        Assert.Equal("mine", _client.Cluster.Sweeps[0].Sweep);
        Assert.Equal(8, Started.Trials.Count);
        Assert.All(Started.Trials, trial => Assert.Equal((3, 20, 5), (trial.Training.Attack.Steps, trial.Evaluation.Images, trial.Evaluation.BatchSize)));
        Assert.Equal([1, 2], Started.Trials.Select(trial => trial.Training.Epochs).Distinct());   // What is varied wins over what all share.
    }

    [Fact]
    public async Task Sweep_RandomFlags_DrawFromTheRange()
    {
        await _client.RunAsync("sweep", "--random", "optimizer.learningRate=0.01..0.5:log", "--random", "head.images=clean,adversarial", "--trials", "5", "--draw-seed", "3");

        Assert.Equal(5, Started.Trials.Count);
        Assert.All(Started.Trials, trial => Assert.InRange(trial.Training.Optimizer.LearningRate, 0.01, 0.5));
        Assert.StartsWith("sweep-20261122-1530", _client.Cluster.Sweeps[0].Sweep, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DryRun_ListsTheTrialsAndStartsNothing()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("sweep", "--grid", "afa.temperature=0.05,0.1", "--train-images", "1000", "--epochs", "1", "--set", "head.epochs=1", "--attack-steps", "2", "--attack", "clean", "--dry-run"));

        // 1000 images: 10 passes for features, 1 for the head, and 1000 test images once.
        Assert.Contains("| 2-s0  | afa.temperature=0.1  | 0    | 12.0 thousand passes |", _client.Output, StringComparison.Ordinal);
        Assert.Contains("2 trials: about 24.0 thousand passes", _client.Output, StringComparison.Ordinal);
        Assert.Equal(0, _client.Connections);
        Assert.False(Directory.Exists(_client.Store));

        await _client.RunAsync("sweep", "--grid", "afa.temperature=0.05,0.1", "--dry-run", "--json");
        Assert.Equal("2-s0", _client.Document.GetProperty("trials")[1].GetProperty("name").GetString());
    }

    [Fact]
    public async Task Sweep_WrongInManyPlaces_IsRefusedBeforeTheClusterStarts()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("sweep", "--grid", "afa.temperatur=1", "--random", "epochs=1..2.5", "--seeds", "a", "--attack", "pdg", "--name", "Mine", "--set", "x"));

        foreach (var problem in new[] { "'epochs' takes whole numbers", "must be whole numbers of at least 0", "Unknown attack 'pdg'", "'Mine' does not fit", "--set: needs key=value", "random options need a number of draws" })
        {
            Assert.Contains(problem, _client.Error, StringComparison.Ordinal);
        }

        Assert.Equal(0, _client.Connections);
    }

    [Fact]
    public async Task Sweep_NameTooLongForItsRuns_IsRefused()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("sweep", "--name", new string('a', 60)));
        Assert.Contains($"The name of the run '{new string('a', 60)}-base-s0' would be longer than 64 characters", _client.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sweep")]
    [InlineData("run")]
    [InlineData("evaluation")]
    public async Task Sweep_NameTaken_IsRefused(string by)
    {
        switch (by)
        {
            case "sweep": _client.Cluster.Sweeps.Add(FakeControl.Sweep("mine", RunState.Paused, s_plan, 1)); break;
            case "run": _client.Cluster.Runs.Add(FakeControl.Run("mine", RunState.Completed, 8)); break;
            default: _client.Cluster.Evaluations.Add(FakeControl.Evaluation("mine", RunState.Completed, 2)); break;
        }

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("sweep", "--name", "mine"));
        Assert.Contains("'mine' in", _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }

    [Theory]
    [InlineData("train", "--run", "mine")]
    [InlineData("evaluate", "other", "--name", "mine")]
    public async Task NameOfASweep_IsRefusedForOtherWork(params string[] arguments)
    {
        _client.Cluster.Checkpoints.Add(FakeControl.Checkpoint("other", 8, isFinal: true));
        _client.Cluster.Sweeps.Add(FakeControl.Sweep("mine", RunState.Paused, s_plan, 1));

        Assert.Equal(ExitCode.Usage, await _client.WithStore().RunAsync(arguments));
        Assert.Contains($"There is a sweep 'mine' in {_client.Store} already (paused). Go on with it by: afa sweep --resume mine, or choose another name.", _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }

    [Fact]
    public async Task Sweep_TransferAttack_NamesTheCheckpoint()
    {
        _client.Cluster.Checkpoints.Add(FakeControl.Checkpoint("other", 8, isFinal: true));
        await _client.RunAsync("sweep", "--attack", "transfer:other", "--name", "mine");

        Assert.Equal([$"transfer:{FakeControl.CheckpointName("other", 8)}"], Started.Trials[0].Evaluation.Attacks);
    }

    [Fact]
    public async Task Sweep_ATrialFails_TheOthersAreShownAndTheExitCodeSaysSo()
    {
        _client.Cluster.TrialErrors["2-s0"] = "The loss is not finite in step 3.";

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("sweep", "--grid", "optimizer.learningRate=0.1,100", "--name", "mine"));
        Assert.Contains("trial 2/2 2-s0 failed: The loss is not finite in step 3.", _client.Output, StringComparison.Ordinal);
        Assert.Matches(@"\| 2-s0 +\| mine-2-s0 \| The loss is not finite in step 3\. \|", _client.Output);
        Assert.Matches(@"\| 1 +\| 0\.1 ", _client.Output);
        Assert.Contains("1 of 2 trials failed; resume the sweep to try them again. afa sweep --resume mine", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sweep_CtrlC_PausesIt()
    {
        _client.Cluster.OnSweepQuestion = status => { if (status.Trials[1].State == SweepTrialState.Training) { _client.Interrupt(); } };

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("sweep", "--grid", "afa.temperature=0.1,0.2,0.3,0.4", "--name", "mine"));
        Assert.Equal(["start sweep mine", "pause sweep mine"], _client.Cluster.Calls);
        Assert.Contains("Go on with: afa sweep --resume mine", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_WithoutAName_TakesTheNewestUnfinished()
    {
        _client.WithStore().Cluster.Sweeps.AddRange([FakeControl.Sweep("done", RunState.Completed, s_plan, 4), FakeControl.Sweep("mine", RunState.Paused, s_plan, 3), FakeControl.Sweep("old", RunState.Paused, s_plan, 0)]);

        Assert.Equal(ExitCode.Success, await _client.RunAsync("sweep", "--resume"));
        Assert.Equal(["resume sweep mine"], _client.Cluster.Calls);
        Assert.Contains("Resuming after 3 of 4 trials (paused).", _client.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("trial 3/4", _client.Output, StringComparison.Ordinal);   // Already known.
        Assert.Contains("trial 4/4", _client.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RunState.Completed, "Sweep 'mine' is complete.")]
    [InlineData(RunState.Running, "Another process is at work on sweep 'mine'.")]
    public async Task Resume_NothingToDoHere_IsRefused(RunState state, string reason)
    {
        _client.WithStore().Cluster.Sweeps.Add(FakeControl.Sweep("mine", state, s_plan, 4));

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("sweep", "--resume", "mine"));
        Assert.Contains(reason, _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }

    [Fact]
    public async Task Resume_WithOtherOptions_IsRefused()
    {
        Assert.Equal(ExitCode.Usage, await _client.WithStore().RunAsync("sweep", "s.yaml", "--resume", "mine", "--seeds", "1", "--epochs", "2"));
        Assert.Contains("leave out FILE, --seeds, --epochs", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sweeps_Listed_ShowsHowFarTheyAre()
    {
        _client.WithStore().Cluster.Sweeps.Add(FakeControl.Sweep("mine", RunState.Paused, s_plan, 1));

        await _client.RunAsync("sweeps");
        Assert.Matches(@"\| mine +\| paused \| 25 % \| 1 of 4 trials \|", _client.Output);

        await _client.RunAsync("sweeps", "--json");
        Assert.Equal(4, _client.Document[0].GetProperty("plan").GetProperty("trials").GetArrayLength());
    }

    [Fact]
    public async Task SweepsShow_Unfinished_ShowsWhatIsFoundSoFar()
    {
        _client.WithStore().Cluster.Sweeps.Add(FakeControl.Sweep("mine", RunState.Paused, s_plan, 1));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("sweeps", "show", "mine"));
        Assert.Contains("1 of 4 trials, 25 % of the work", _client.Output, StringComparison.Ordinal);
        Assert.Matches(@"\| 1 +\| 0\.05 +\| 1, Wilson \| 0\.800 +\| 0\.711 to 0\.867 \| 0\.900 \|", _client.Output);

        await _client.RunAsync("sweeps", "show", "mine", "--json");
        var row = _client.Document.GetProperty("result").GetProperty("groups")[0].GetProperty("rows")[0];
        Assert.Equal("wilson", row.GetProperty("figures")[0].GetProperty("interval").GetString());
    }

    [Fact]
    public async Task Report_Sweep_WritesItAgain()
    {
        _client.WithStore().Cluster.Sweeps.Add(FakeControl.Sweep("mine", RunState.Completed, s_plan, 4));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("report", "mine"));
        Assert.True(File.Exists(Path.Combine(Report, "report.html")));
    }

    [Fact]
    public async Task Watch_Sweep_ShowsItToItsEnd()
    {
        _client.WithStore().Cluster.Sweeps.Add(FakeControl.Sweep("mine", RunState.Running, s_plan, 2));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("watch", "mine"));
        Assert.Contains("trial 3/4 3-s0", _client.Output, StringComparison.Ordinal);
        Assert.Contains("| Point | afa.temperature |", _client.Output, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }

    [Fact]
    public async Task Watch_SweepThatRests_SaysHowToGoOn()
    {
        _client.WithStore().Cluster.Sweeps.Add(FakeControl.Sweep("mine", RunState.Paused, s_plan, 2));

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("watch", "mine"));
        Assert.Contains("Sweep 'mine' is not running anywhere (paused, 2 of 4 trials).", _client.Error, StringComparison.Ordinal);
        Assert.Contains("afa sweep --resume mine", _client.Error, StringComparison.Ordinal);
    }

    private static SweepPlan Plan()
    {
        var problems = new List<string>();
        var plan = SweepPlanner.Create(new SweepRequest { Space = new SweepSpace { Grid = [new("afa.temperature", ["0.05", "0.1", "0.2", "0.4"])] } }, problems);
        Assert.Empty(problems);
        return plan;
    }
}
