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
        _client.Cluster.Runs.Add(FakeControl.Run("mine", RunState.Running, 3, options));
        _client.Cluster.Checkpoints.AddRange([FakeControl.Checkpoint("mine", 3), FakeControl.Checkpoint("mine", 2, isFinal: true), FakeControl.Checkpoint("mine", 1)]);
    }

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Evaluate_Run_TakesItsFinalCheckpointAndThreatModel()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("evaluate", "mine"));

        var options = _client.Cluster.LastEvaluation!;
        Assert.Equal((FakeControl.CheckpointName("mine", 2), "8/255", "/data", 9ul, 1000), (options.Checkpoint, options.Epsilon, options.DataDirectory, options.Seed, options.Images));
        Assert.Equal(["fgsm", "pgd-20"], options.Attacks);
    }

    [Fact]
    public async Task Evaluate_OptionsGiven_WinOverTheRun()
    {
        await _client.RunAsync("evaluate", FakeControl.CheckpointName("mine", 1), "--attack", "pgd-10,fgsm", "--attack", "pgd-50", "--epsilon", "0.3", "--images", "50", "--batch-size", "25", "--seed", "1");

        var options = _client.Cluster.LastEvaluation!;
        Assert.Equal((FakeControl.CheckpointName("mine", 1), "0.3", 50, 25, 1ul), (options.Checkpoint, options.Epsilon, options.Images, options.BatchSize, options.Seed));
        Assert.Equal(["pgd-10", "fgsm", "pgd-50"], options.Attacks);
    }

    [Fact]
    public async Task Evaluate_AnotherDataset_UsesThatOnesUsualRadius()
    {
        await _client.RunAsync("evaluate", "mine", "--dataset", "mnist");

        Assert.Equal(("mnist", null, null), (_client.Cluster.LastEvaluation!.Dataset, _client.Cluster.LastEvaluation.Epsilon, _client.Cluster.LastEvaluation.DataDirectory));
    }

    [Fact]
    public async Task Evaluate_CleanOnly_AsksForNoAttack()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("evaluate", "mine", "--attack", "clean"));
        Assert.Empty(_client.Cluster.LastEvaluation!.Attacks);
    }

    [Theory]
    [InlineData("Unknown attack 'pgd-7'; known: fgsm", "--attack", "pgd-7")]
    [InlineData("Unknown data set 'mnis'. Did you mean 'mnist'?", "--dataset", "mnis")]
    [InlineData("Epsilon must be", "--epsilon", "8/0")]
    [InlineData("norm must be one of linf, l2, not 'l1'", "--norm", "l1")]
    [InlineData("BatchSize must be in [1, 10000], not 0.", "--batch-size", "0")]
    public async Task Evaluate_WrongOption_IsRefusedBeforeTheClusterStarts(string expected, params string[] options)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync(["evaluate", "mine", .. options]));
        Assert.Contains(expected, _client.Error, StringComparison.Ordinal);
        Assert.Equal(0, _client.Connections);
    }

    [Fact]
    public async Task Evaluate_UnknownCheckpoint_ListsRunsAndCheckpoints()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("evaluate", "nothing"));
        Assert.Contains("Unknown checkpoint or run 'nothing'. Known: mine, runs/mine/checkpoints/step-00000030", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_RunWithoutCheckpoint_SaysSo()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("fresh", RunState.Paused));

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("evaluate", "fresh"));
        Assert.Contains("Run 'fresh' has no checkpoint yet.", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_JsonAndReport_GivesBoth()
    {
        var directory = Path.Combine(_client.Folder, "report");

        Assert.Equal(ExitCode.Success, await _client.RunAsync("evaluate", "mine", "--json", "--report", directory));
        Assert.Equal("clean", _client.Document.GetProperty("attacks")[0].GetProperty("attack").GetString());
        Assert.True(File.Exists(Path.Combine(directory, "result.json")));
        Assert.Contains("Report: ", _client.Error, StringComparison.Ordinal);
    }
}
