using Afa.Grains;
using Xunit;

namespace Afa.Client.Tests.Commands;

/// <summary>Commands that look into a store: runs, checkpoints, report.</summary>
public sealed class StoreCommandsTests : IDisposable
{
    private readonly ClientHarness _client = new();

    public StoreCommandsTests()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("mine", RunState.Completed, 8));
        _client.Cluster.Checkpoints.Add(FakeControl.Checkpoint("mine", 8, isFinal: true));
    }

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Runs_NoStore_SaysSoAndStartsNoCluster()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("runs"));
        Assert.Contains($"There are no runs in {_client.Store}.", _client.Output, StringComparison.Ordinal);
        Assert.Equal(0, _client.Connections);
    }

    [Fact]
    public async Task Runs_NoStoreAndJson_IsAnEmptyList()
    {
        await _client.RunAsync("runs", "--json");

        Assert.Equal(0, _client.Document.GetArrayLength());
    }

    [Theory]
    [InlineData("runs", "show", "mine")]
    [InlineData("checkpoints", "list")]
    [InlineData("checkpoints", "show", "mine")]
    [InlineData("checkpoints", "delete", "mine")]
    [InlineData("report", "mine")]
    [InlineData("evaluate", "mine")]
    [InlineData("train", "--resume")]
    public async Task Command_NoStore_SaysHowToGetOne(params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync(arguments));
        Assert.Contains($"There is no store at {_client.Store}.", _client.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_client.Store));
    }

    [Theory]
    [InlineData("runs", "show", "mien")]
    [InlineData("checkpoints", "list", "mien")]
    [InlineData("checkpoints", "show", "mien")]
    [InlineData("report", "mien")]
    public async Task Command_UnknownName_ListsTheKnownOnes(params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await _client.WithStore().RunAsync(arguments));
        Assert.Contains("'mien'. Did you mean 'mine'? Known: mine", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_Listed_ShowsStateAndProgress()
    {
        await _client.WithStore().RunAsync("runs");

        Assert.Matches(@"\| mine \| completed \| 8/8 +\| 80/80 +\|", _client.Output);
    }

    [Fact]
    public async Task RunsShow_Run_ShowsOptionsAndEpochs()
    {
        await _client.WithStore().RunAsync("runs", "show", "mine");

        Assert.Contains("Fashion-MNIST", _client.Output, StringComparison.Ordinal);
        Assert.Contains("| 8     | features | 0.2500 |", _client.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("runs", "--json")]
    [InlineData("runs", "show", "mine", "--json")]
    [InlineData("checkpoints", "list", "--json")]
    [InlineData("checkpoints", "show", "mine", "--json")]
    public async Task Command_Json_IsOneDocument(params string[] arguments)
    {
        Assert.Equal(ExitCode.Success, await _client.WithStore().RunAsync(arguments));
        var document = _client.Document;
        var first = document.ValueKind == System.Text.Json.JsonValueKind.Array ? document[0] : document;
        Assert.Equal("mine", first.GetProperty("run").GetString());
    }

    [Fact]
    public async Task CheckpointsDelete_Checkpoint_IsDeleted()
    {
        var name = FakeControl.CheckpointName("mine", 8);

        Assert.Equal(ExitCode.Success, await _client.WithStore().RunAsync("checkpoints", "delete", name));
        Assert.Equal([$"delete {name}"], _client.Cluster.Calls);
    }

    [Fact]
    public async Task CheckpointsDelete_NameOfARun_IsRefused()
    {
        Assert.Equal(ExitCode.Usage, await _client.WithStore().RunAsync("checkpoints", "delete", "mine"));
        Assert.Empty(_client.Cluster.Calls);
    }

    [Fact]
    public async Task Report_EvaluatedRun_KeepsTheEvaluation()
    {
        await _client.WithStore().RunAsync("train", "--resume", "mine");
        var directory = Path.Combine(_client.Store, "runs", "mine", "report");
        File.Delete(Path.Combine(directory, "report.html"));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("report", "mine"));
        Assert.Contains("worst-case", await File.ReadAllTextAsync(Path.Combine(directory, "report.html"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_DamagedResult_IsRefusedWithTheFile()
    {
        var directory = Directory.CreateDirectory(Path.Combine(_client.Store, "runs", "mine", "report")).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "result.json"), "{", TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("report", "mine"));
        Assert.Contains(Path.Combine(directory, "result.json"), _client.Error, StringComparison.Ordinal);
    }
}
