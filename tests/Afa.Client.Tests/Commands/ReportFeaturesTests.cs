using Afa.Attacks;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;
using Xunit;

namespace Afa.Client.Tests.Commands;

/// <summary>afa report --features.</summary>
public sealed class ReportFeaturesTests : IDisposable
{
    private readonly ClientHarness _client = new ClientHarness().WithStore();

    public ReportFeaturesTests()
    {
        foreach (var run in new[] { "mine", "other" })
        {
            _client.Cluster.Runs.Add(FakeControl.Run(run, RunState.Completed, 8, new TrainingOptions { Seed = 5, Attack = new() { Epsilon = "0.2" } }));
            _client.Cluster.Checkpoints.Add(FakeControl.Checkpoint(run, 8, isFinal: true));
            _client.Cluster.Checkpoints.Add(FakeControl.Checkpoint(run, 4));
        }
    }

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Run_IsAnalyzedUnderItsOwnThreatModelAndTheReportShowsIt()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("report", "mine", "--features"));

        var asked = Assert.Single(_client.Cluster.FeatureAnalyses);
        Assert.Equal((FakeControl.CheckpointName("mine", 8), AttackNorm.Linf, "0.2", 5UL, 1000), (asked.Checkpoint, asked.Norm, asked.Epsilon, asked.Seed, asked.Images));
        Assert.Contains("| Misaligned", _client.Output, StringComparison.Ordinal);
        Assert.Contains("Feature space", await ReportAsync("runs", "mine"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ManyCheckpoints_AreNotAllAskedForAtOnce()
    {
        _client.Cluster.Checkpoints.AddRange(Enumerable.Range(1, 100).Select(epoch => FakeControl.Checkpoint("long", epoch)));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("report", "long/*", "--features", "--dataset", "fashion-mnist"));

        Assert.Equal((100, 32), (_client.Cluster.FeatureAnalyses.Count, _client.Cluster.MostFeatureAnalysesAtOnce));
    }

    [Fact]
    public async Task Paths_AreMadeFullAndDevicesReachTheCluster()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("report", "mine", "--features", "--data-dir", "data", "--devices", "cpu:3"));

        Assert.Equal(Path.GetFullPath("data"), Assert.Single(_client.Cluster.FeatureAnalyses).DataDirectory);
        Assert.Equal("cpu:3", _client.Request!.DeviceSlots.ToString());
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("report", "mine", "--devices", "cpu:3"));
    }

    [Fact]
    public async Task Dataset_ThatIsNotKnown_IsRefused()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("report", "mine", "--features", "--dataset", "fashion-mnits"));
        Assert.Contains("Did you mean 'fashion-mnist'?", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_WrittenAgain_KeepsTheFeaturesAndMeasuresNothing()
    {
        await _client.RunAsync("report", "mine", "--features");
        _client.Cluster.FeatureAnalyses.Clear();
        File.Delete(Path.Combine(_client.Store, "runs", "mine", "report", "report.html"));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("report", "mine"));

        Assert.Empty(_client.Cluster.FeatureAnalyses);
        Assert.Contains("Feature space", await ReportAsync("runs", "mine"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluation_IsAnalyzedInItsBall()
    {
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("done", RunState.Completed, 2, new EvaluationOptions
        {
            Checkpoints = [FakeControl.CheckpointName("mine", 4), FakeControl.CheckpointName("other", 8)],
            Norm = AttackNorm.L2,
            Epsilons = ["1.5", "2"],
            Images = 300,
            Seed = 9,
        }));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("report", "done", "--features"));

        Assert.Equal([FakeControl.CheckpointName("mine", 4), FakeControl.CheckpointName("other", 8)], _client.Cluster.FeatureAnalyses.Select(options => options.Checkpoint));
        Assert.All(_client.Cluster.FeatureAnalyses, options => Assert.Equal((AttackNorm.L2, "1.5", 300, 9UL), (options.Norm, options.Epsilon, options.Images, options.Seed)));
        Assert.Contains("Feature space", await ReportAsync("evaluations", "done"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SeveralNames_GiveOneTableUnderTheSameAttack()
    {
        var folder = Path.Combine(_client.Folder, "comparison");

        Assert.Equal(ExitCode.Success, await _client.RunAsync("report", "mine/*", "other", "--features", "--epsilon", "4/255", "--images", "50", "--report", folder));

        Assert.Equal(3, _client.Cluster.FeatureAnalyses.Count);
        Assert.All(_client.Cluster.FeatureAnalyses, options => Assert.Equal(("4/255", 50), (options.Epsilon, options.Images)));
        Assert.Matches(@"\| mine/step-00000040 +\| 0\.750 / 0\.125 \|", _client.Output);
        Assert.Equal(["features.json", "report.html", "report.md"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Checkpoint_WithoutAFolder_GoesIntoTheStore()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("report", "mine/step-00000040", "--features"));

        Assert.Contains("Feature space", await ReportAsync("features"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Several names are compared with --features, or if all are federations; 'mine' is none.", "mine", "other")]
    [InlineData("--epsilon, --images: only with --features", "mine", "--epsilon", "0.1", "--images", "9")]
    [InlineData("--norm l2 needs --epsilon", "mine", "--features", "--norm", "l2")]
    [InlineData("PGD, which works in Linf and L2, not in L1", "mine", "--features", "--norm", "l1", "--epsilon", "12")]
    [InlineData("Images must be in [2, 5000]", "mine", "--features", "--images", "10000")]
    [InlineData("must be a decimal or a fraction greater than 0", "mine", "--features", "--epsilon", "0")]
    [InlineData("'mien'. Did you mean 'mine'?", "mien", "--features")]
    public async Task Mistake_IsRefusedBeforeAnythingIsMeasured(string message, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync(["report", .. arguments]));

        Assert.Contains(message, _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.FeatureAnalyses);
    }

    [Fact]
    public async Task RunsOfDifferentDatasets_AreRefused()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("cifar", RunState.Completed, 8, new TrainingOptions { Dataset = "cifar-10" }));
        _client.Cluster.Checkpoints.Add(FakeControl.Checkpoint("cifar", 8, isFinal: true));

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("report", "mine", "cifar", "--features"));
        Assert.Contains("Checkpoints of different data sets", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnfinishedEvaluation_IsRefusedBeforeAnythingIsMeasured()
    {
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("half", RunState.Paused, 1));

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("report", "half", "--features"));

        Assert.Contains("has no result yet", _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.FeatureAnalyses);
    }

    [Fact]
    public async Task Interrupted_SaysThatWhatIsFinishedIsStored()
    {
        _client.Interrupt();

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("report", "mine", "--features"));
        Assert.Contains("the analyses that were finished are stored", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DamagedFeaturesFile_IsRefusedWithWhatToDo()
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_client.Store, "runs", "mine", "report")).FullName, "features.json");
        await File.WriteAllTextAsync(path, "{", TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("report", "mine"));
        Assert.Contains($"{path} is not such a result", _client.Error, StringComparison.Ordinal);
        Assert.Contains("use --features again", _client.Error, StringComparison.Ordinal);
    }

    private Task<string> ReportAsync(params string[] folders) =>
        File.ReadAllTextAsync(Path.Combine([_client.Store, .. folders, "report", "report.html"]), TestContext.Current.CancellationToken);
}
