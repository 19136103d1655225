using Afa.Evaluation;
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
    [InlineData("evaluations", "show", "mine")]
    [InlineData("leaderboard")]
    [InlineData("watch", "mine")]
    [InlineData("train", "--resume")]
    [InlineData("sweep", "--resume")]
    [InlineData("sweeps", "show", "mine")]
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
    [InlineData("watch", "mien")]
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

    [Fact]
    public async Task Evaluations_Listed_ShowsStateShareAndWhatIsEvaluated()
    {
        var options = new EvaluationOptions
        {
            Checkpoints = [FakeControl.CheckpointName("mine", 1), FakeControl.CheckpointName("mine", 8)],
            Attacks = ["fgsm", "pgd-20", "square", "autoattack"],
            Epsilons = ["0.1"],
        };
        _client.Cluster.Evaluations.AddRange([FakeControl.Evaluation("wide", RunState.Paused, 1, options), FakeControl.Evaluation("first", RunState.Completed, 2)]);

        await _client.WithStore().RunAsync("evaluations");

        Assert.Matches(@"\| wide +\| paused +\| 50 % +\| 1000/2000 \| 2 checkpoints +\| fgsm, pgd-20, square and 1 more \|", _client.Output);
        Assert.Matches(@"\| first +\| completed +\| 100 % +\| 1000/1000 \| mine/step-00000080 \| fgsm, pgd-20 +\|", _client.Output);
    }

    [Fact]
    public async Task Evaluations_OneOfAnotherVersion_DoesNotHideTheOthers()
    {
        _client.Cluster.Evaluations.AddRange([FakeControl.Evaluation("old", RunState.Paused, 1) with { OptionsJson = """{"checkpoint":"a"}""" }, FakeControl.Evaluation("new", RunState.Completed, 2)]);

        Assert.Equal(ExitCode.Success, await _client.WithStore().RunAsync("evaluations"));
        Assert.Matches(@"\| old .* \| \? +\| \? ", _client.Output);
        Assert.Contains("| new ", _client.Output, StringComparison.Ordinal);

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("evaluations", "show", "old"));
        Assert.Contains("The options of evaluation 'old' cannot be read", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluations_NoStore_SaysSoAndStartsNoCluster()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("evaluations"));
        Assert.Contains($"There are no evaluations in {_client.Store}. 'afa evaluate CHECKPOINT' starts one.", _client.Output, StringComparison.Ordinal);
        Assert.Equal(0, _client.Connections);
    }

    [Fact]
    public async Task EvaluationsShow_Unfinished_ShowsWhatStillStands()
    {
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("half", RunState.Paused, 1));

        Assert.Equal(ExitCode.Success, await _client.WithStore().RunAsync("evaluations", "show", "half"));
        Assert.Contains("50 %, 500 of 1000 images", _client.Output, StringComparison.Ordinal);
        Assert.Contains("pgd-20      still standing 80.0 % (8/10)", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluationsShow_Complete_ShowsTheResult()
    {
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("done", RunState.Completed, 2));

        await _client.WithStore().RunAsync("evaluations", "show", "done");
        Assert.Contains("| worst-case | 0.800    |", _client.Output, StringComparison.Ordinal);

        await _client.RunAsync("evaluations", "show", "done", "--json");
        Assert.Equal("pgd-20", _client.Document.GetProperty("options").GetProperty("attacks")[1].GetString());
        Assert.Equal("0.1", _client.Document.GetProperty("result").GetProperty("results")[0].GetProperty("epsilon").GetString());
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
    public async Task Report_Evaluation_IsWrittenIntoItsFolder()
    {
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("done", RunState.Completed, 2));

        Assert.Equal(ExitCode.Success, await _client.WithStore().RunAsync("report", "done"));
        Assert.True(File.Exists(Path.Combine(_client.Store, "evaluations", "done", "report", "report.html")));
    }

    [Fact]
    public async Task Report_UnfinishedEvaluation_SaysHowToGoOn()
    {
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("half", RunState.Paused, 1));

        Assert.Equal(ExitCode.Failure, await _client.WithStore().RunAsync("report", "half"));
        Assert.Contains("Evaluation 'half' has no result yet (paused, 50 %). Go on with: afa evaluate --resume half", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_RunWhoseResultIsLost_IsRefused()
    {
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("mine-evaluation-0123abcd", RunState.Completed, 2));
        _client.Cluster.LostResults.Add("mine-evaluation-0123abcd");

        Assert.Equal(ExitCode.Failure, await _client.WithStore().RunAsync("report", "mine"));
        Assert.Contains("its result is missing", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_TrialOfASweep_ShowsTheEvaluationThatEndedIt()
    {
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("mine-evaluation", RunState.Completed, 2));

        Assert.Equal(ExitCode.Success, await _client.WithStore().RunAsync("report", "mine"));
        Assert.DoesNotContain("did not end with an evaluation", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_RunThatWasOnlyTrained_SaysSo()
    {
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("mine-evaluation-20261122-153000", RunState.Completed, 2));

        Assert.Equal(ExitCode.Success, await _client.WithStore().RunAsync("report", "mine"));
        Assert.Contains("'mine' did not end with an evaluation", _client.Output, StringComparison.Ordinal);
    }
}
