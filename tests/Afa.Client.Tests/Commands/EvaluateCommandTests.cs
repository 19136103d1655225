using Afa.Attacks;
using Afa.Client.Control;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;
using Xunit;

namespace Afa.Client.Tests.Commands;

public sealed class EvaluateCommandTests : IDisposable
{
    private readonly ClientHarness _client = new ClientHarness().WithStore();

    public EvaluateCommandTests()
    {
        var options = new TrainingOptions { Seed = 9, Attack = new() { Epsilon = "8/255" }, DataDirectory = "/data" };
        _client.Cluster.Runs.AddRange(
        [
            FakeControl.Run("mine", RunState.Running, 3, options),
            FakeControl.Run("other", RunState.Completed, 8),
            FakeControl.Run("colors", RunState.Completed, 8, new TrainingOptions { Dataset = "cifar-10" }),
        ]);
        _client.Cluster.Checkpoints.AddRange(
        [
            FakeControl.Checkpoint("mine", 3), FakeControl.Checkpoint("mine", 2, isFinal: true), FakeControl.Checkpoint("mine", 1),
            FakeControl.Checkpoint("other", 8, isFinal: true), FakeControl.Checkpoint("colors", 8, isFinal: true),
        ]);
    }

    private EvaluationOptions Evaluated => _client.Cluster.LastEvaluation!;

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Evaluate_Run_TakesItsFinalCheckpointAndThreatModel()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("evaluate", "mine"));

        Assert.Equal([FakeControl.CheckpointName("mine", 2)], Evaluated.Checkpoints);
        Assert.Equal(["8/255"], Evaluated.Epsilons);
        Assert.Equal(["fgsm", "pgd-20"], Evaluated.Attacks);
        Assert.Equal(("/data", 9ul, 1000, "fashion-mnist"), (Evaluated.DataDirectory, Evaluated.Seed, Evaluated.Images, Evaluated.Dataset));
    }

    [Fact]
    public async Task Evaluate_OptionsGiven_WinOverTheRun()
    {
        await _client.RunAsync(
            "evaluate", FakeControl.CheckpointName("mine", 1), "--attack", "pgd-10,fgsm", "--attack", "pgd-50-10", "autoattack-plus", "--norm", "l2", "--epsilon", "64/255,0.5,64/255",
            "--images", "50", "--batch-size", "25", "--seed", "1", "--save-adversarial", "--name", "harder");

        Assert.Equal([FakeControl.CheckpointName("mine", 1)], Evaluated.Checkpoints);
        Assert.Equal(["64/255", "0.5"], Evaluated.Epsilons);
        Assert.Equal(["pgd-10", "fgsm", "pgd-50-10", "autoattack-plus"], Evaluated.Attacks);
        Assert.Equal((AttackNorm.L2, 50, 25, 1ul, true), (Evaluated.Norm, Evaluated.Images, Evaluated.BatchSize, Evaluated.Seed, Evaluated.SaveAdversarial));
        Assert.Equal("harder", _client.Cluster.Evaluations[0].Evaluation);
        Assert.Contains($"{Path.Combine(_client.Store, "evaluations", "harder", "adversarial-0-1.npz")} (mine/step-00000010, epsilon 0.5)", _client.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mine/*", 1, 2, 3)]
    [InlineData("runs/mine/*/step-0000001?", 1)]
    [InlineData("mine/step-0000003*", 3)]
    public async Task Evaluate_Pattern_TakesAllThatFitInOrder(string pattern, params int[] epochs)
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("evaluate", pattern));
        Assert.Equal(epochs.Select(epoch => FakeControl.CheckpointName("mine", epoch)), Evaluated.Checkpoints);
    }

    [Fact]
    public async Task Evaluate_SeveralNames_TakesEachCheckpointOnceAndTheFirstRunsThreatModel()
    {
        await _client.RunAsync("evaluate", "mine/step-00000020", "mine", "other");

        Assert.Equal([FakeControl.CheckpointName("mine", 2), FakeControl.CheckpointName("other", 8)], Evaluated.Checkpoints);
        Assert.Equal((9ul, "8/255"), (Evaluated.Seed, Assert.Single(Evaluated.Epsilons)));
        Assert.Equal("mine-evaluation-20261122-153000", _client.Cluster.Evaluations[0].Evaluation);
    }

    [Fact]
    public async Task Evaluate_TransferFromARun_NamesItsCheckpoint()
    {
        await _client.RunAsync("evaluate", "mine", "--attack", "transfer:other+square");

        Assert.Equal([$"transfer:{FakeControl.CheckpointName("other", 8)}+square"], Evaluated.Attacks);
    }

    [Fact]
    public async Task Evaluate_AnotherDataset_UsesThatOnesUsualRadius()
    {
        await _client.RunAsync("evaluate", "mine", "--dataset", "mnist");

        Assert.Equal(("mnist", null), (Evaluated.Dataset, Evaluated.DataDirectory));
        Assert.Empty(Evaluated.Epsilons);
    }

    [Fact]
    public async Task Evaluate_CleanOnly_AsksForNoAttack()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("evaluate", "mine", "--attack", "clean"));
        Assert.Empty(Evaluated.Attacks);
    }

    [Fact]
    public async Task Evaluate_SettingsThatFitTheRunsNormOnly_AreTaken()
    {
        _client.Cluster.Runs[0] = FakeControl.Run("mine", RunState.Completed, 3, new TrainingOptions { Attack = new() { Norm = AttackNorm.L2, Epsilon = "1" } });

        Assert.Equal(ExitCode.Success, await _client.RunAsync("evaluate", "mine", "--attack", "cw", "--epsilon", "2"));
    }

    [Theory]
    [InlineData("Unknown attack 'autoatack'. Did you mean 'autoattack'? 'afa attacks' lists them.", "--attack", "autoatack")]
    [InlineData("Unknown attack 'foggy-3'. Did you mean 'fog-3'?", "--attack", "pgd-20+foggy-3")]
    [InlineData("'autoattack' stands for several attacks and cannot be a part of 'pgd-20+autoattack'", "--attack", "pgd-20+autoattack")]
    [InlineData("--attack: needs at least one name", "--attack", ",")]
    [InlineData("Unknown data set 'mnis'. Did you mean 'mnist'?", "--dataset", "mnis")]
    [InlineData("Epsilon must be a decimal or a fraction greater than 0, such as 0.1 or 8/255, not '8/0'.", "--epsilon", "4/255,8/0")]
    [InlineData("Epsilon must be at most 1 for Linf", "--epsilon", "8", "--norm", "linf")]
    [InlineData("Epsilon must be at most 1000 for L2", "--epsilon", "1001", "--norm", "l2")]
    [InlineData("--epsilon: needs at least one radius", "--epsilon", ",")]
    [InlineData("norm must be one of linf, l2, l1, not 'l3'", "--norm", "l3")]
    [InlineData("'cw' works in L2, not in Linf", "--attack", "cw", "--norm", "linf")]
    [InlineData("Images must be at least 1, not -5.", "--images", "-5")]
    [InlineData("BatchSize must be in [1, 10000], not 0.", "--batch-size", "0")]
    [InlineData("The name of a run or an evaluation must have", "--name", "Mine")]
    [InlineData("leave out CHECKPOINT, --attack, --images, --name", "--resume", "--name", "again", "--attack", "fgsm", "--images", "3")]
    public async Task Evaluate_WrongOption_IsRefusedBeforeTheClusterStarts(string expected, params string[] options)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync(["evaluate", "mine", .. options]));
        AssertOneSentence(expected);
        Assert.Equal(0, _client.Connections);
    }

    [Theory]
    [InlineData("Unknown checkpoint or run 'nothing'. Known: mine, other", "nothing")]
    [InlineData("No checkpoint fits the pattern 'mien/*'. Did you mean 'mine/*'? Runs with checkpoints: mine, other, colors.", "mien/*")]
    [InlineData("No checkpoint fits the pattern 'zzz?'. Runs", "other", "zzz?")]
    [InlineData("mine/step-00000020 was trained on fashion-mnist, colors/step-00000080 was trained on cifar-10", "mine", "colors")]
    [InlineData("colors/step-00000080 was trained on cifar-10", "mine", "--attack", "transfer:colors")]
    [InlineData("Unknown checkpoint or run 'othr'. Did you mean 'other'?", "mine", "--attack", "transfer:othr")]
    [InlineData("--norm l2 needs --epsilon, such as 128/255", "mine", "--norm", "l2")]
    [InlineData("'cw' works in L2, not in Linf", "mine", "--attack", "cw")]
    [InlineData("There is an evaluation 'known' in", "mine", "--name", "known")]
    [InlineData("There is a run 'other' in", "mine", "--name", "other")]
    [InlineData("Unknown evaluation 'knwon'. Did you mean 'known'?", "--resume", "knwon")]
    [InlineData("Evaluation 'known' is complete. 'afa evaluations show known'", "--resume", "known")]
    [InlineData("Another process is at work on evaluation 'busy'. Follow it with: afa watch busy", "--resume", "busy")]
    [InlineData("Another process is at work on evaluation 'busy'.", "--resume")]
    [InlineData(": all are complete or canceled. 'afa evaluate CHECKPOINT' starts a new one.", "--resume")]
    public async Task Evaluate_NameThatDoesNotFit_IsRefusedBeforeWorkStarts(string expected, params string[] arguments)
    {
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("known", RunState.Completed, 2));
        if (expected.Contains("busy", StringComparison.Ordinal))
        {
            _client.Cluster.Evaluations.Add(FakeControl.Evaluation("busy", RunState.Running, 1));
        }

        var before = _client.Cluster.Evaluations.Count;
        Assert.Equal(ExitCode.Usage, await _client.RunAsync(["evaluate", .. arguments]));
        AssertOneSentence(expected);
        Assert.Equal(before, _client.Cluster.Evaluations.Count);
        Assert.Empty(_client.Cluster.Calls);
    }

    [Fact]
    public async Task Evaluate_CheckpointAfterTheAttacks_IsExplained()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("evaluate", "--attack", "fgsm", "mine"));
        Assert.Contains("A CHECKPOINT is needed, before --attack", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_TwoRadiiInAnotherNorm_AreTaken() =>
        Assert.Equal(ExitCode.Success, await _client.RunAsync("evaluate", "mine", "--norm", "l1", "--epsilon", "6,12", "--attack", "apgd-ce,square"));

    [Fact]
    public async Task Evaluate_RunWithoutCheckpoint_SaysSo()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("fresh", RunState.Paused));

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("evaluate", "fresh"));
        Assert.Contains("Run 'fresh' has no checkpoint yet.", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_OneResult_ShowsStagesAndWritesTheReportIntoTheStore()
    {
        await _client.RunAsync("evaluate", "mine", "--attack", "autoattack", "--name", "strong");

        Assert.Contains("| autoattack      | 0.800    | 0.490 to 0.943 | 8/10    | Coat 0.600  | 1.0 s |", _client.Output, StringComparison.Ordinal);
        Assert.Contains("|   after apgd-ce | 0.900    |                | 9/10    |             | 0.3 s |", _client.Output, StringComparison.Ordinal);
        var report = Path.Combine(_client.Store, "evaluations", "strong", "report", "report.html");
        Assert.Contains($"Report: {report}", _client.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(report));
    }

    [Fact]
    public async Task Evaluate_SeveralResults_ShowsThemSideBySideWithTheMostRobustFirst()
    {
        _client.Cluster.Adjust = result => result.Checkpoint == FakeControl.CheckpointName("mine", 2)
            ? result
            : result with { Attacks = [.. result.Attacks.Select(attack => attack with { Correct = 9 })], Warnings = ["Gradients vanish."] };

        await _client.RunAsync("evaluate", "mine", "other", "--attack", "fgsm,fog-1", "--epsilon", "4/255,8/255");

        var rows = _client.Output.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).ToList();
        Assert.Matches(@"^\| Checkpoint +\| Epsilon \| clean \| fgsm +\| ", rows[0]);
        Assert.Matches(@"^\| other/step-00000080 \| 4/255 +\| 0.900 .* \| 0.900 \(0.490 to 0.943\)", rows[2]);
        Assert.Matches(@"^\| mine/step-00000020 +\| 4/255 +\| 0.800", rows[3]);
        Assert.Matches(@"^\| other/step-00000080 \| 8/255", rows[4]);
        Assert.Contains("warning: other/step-00000080 at epsilon 4/255: Gradients vanish.", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_Json_IsTheDocumentWithoutImages()
    {
        var directory = Path.Combine(_client.Folder, "report");

        Assert.Equal(ExitCode.Success, await _client.RunAsync("evaluate", "mine", "--json", "--report", directory));
        Assert.Equal("clean", _client.Document.GetProperty("results")[0].GetProperty("attacks")[0].GetProperty("attack").GetString());
        Assert.Equal(Path.Combine(directory, "report.html"), _client.Document.GetProperty("report").GetString());
        Assert.True(File.Exists(Path.Combine(directory, "result.json")));
        Assert.Contains("Report: ", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_CtrlC_SaysHowToGoOn()
    {
        _client.Cluster.OnEvaluationQuestion = _ => _client.Interrupt();
        var other = Directory.CreateDirectory(Path.Combine(_client.Folder, "other")).FullName;

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("evaluate", "mine", "--name", "long", "--store", other));
        Assert.Contains($"Go on with: afa evaluate --resume long --store {other}", _client.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--server", "http://localhost:8080")]
    [InlineData("--cluster", "localhost:30000")]
    [InlineData("--redis", "localhost:6379")]
    [InlineData("--postgres", "localhost:5432/afa")]
    public async Task Evaluate_CtrlCOnACluster_SaysThatTheWorkGoesOnThere(string option, string address)
    {
        _client.Cluster.OnEvaluationQuestion = _ => _client.Interrupt();

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("evaluate", "mine", "--name", "long", option, address));
        Assert.Contains("'long' goes on in the cluster.", _client.Error, StringComparison.Ordinal);
        Assert.Contains($"Follow it with: afa watch long {option} {address}", _client.Error, StringComparison.Ordinal);
        Assert.Contains($"Stop it with: afa cancel long {option} {address}", _client.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--resume", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_Fails_SaysWhyAndHowToGoOn()
    {
        _client.Cluster.EvaluationError = "The test files were not found.";

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("evaluate", "mine", "--name", "broken"));
        Assert.Contains("Evaluation 'broken' failed: The test files were not found.", _client.Error, StringComparison.Ordinal);
        Assert.Contains("Go on with: afa evaluate --resume broken", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_WithoutName_TakesTheNewestThatIsNotComplete()
    {
        _client.Cluster.Evaluations.AddRange(
            [FakeControl.Evaluation("newest", RunState.Completed, 2), FakeControl.Evaluation("elsewhere", RunState.Running, 1), FakeControl.Evaluation("newer", RunState.Paused, 1), FakeControl.Evaluation("old", RunState.Failed, 0)]);

        Assert.Equal(ExitCode.Success, await _client.RunAsync("evaluate", "--resume"));
        Assert.Equal(["resume evaluation newer"], _client.Cluster.Calls);
        Assert.Contains("Resuming after 50 % of the work (paused).", _client.Output, StringComparison.Ordinal);
        Assert.Contains(EvaluationJob.ReportDirectory(_client.Store, "newer"), _client.Output, StringComparison.Ordinal);
    }

    /// <summary>One line, no stack trace, and no list of problems.</summary>
    private void AssertOneSentence(string expected)
    {
        Assert.StartsWith("error: ", _client.Error, StringComparison.Ordinal);
        Assert.Contains(expected, _client.Error, StringComparison.Ordinal);
        Assert.Single(_client.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(_client.Output);
    }
}
