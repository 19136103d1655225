using Afa.Grains;
using Xunit;

namespace Afa.Client.Tests.Commands;

public sealed class CancelCommandTests : IDisposable
{
    private readonly ClientHarness _client = new ClientHarness().WithStore();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Cancel_WorkOfEachKind_IsFoundByItsName()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("a-run", RunState.Paused, 3));
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("an-evaluation", RunState.Paused, 1));
        _client.Cluster.Sweeps.Add(FakeControl.Sweep("a-sweep", RunState.Paused, new Afa.Sweeps.SweepPlan { Points = [], Trials = [] }, 0));
        _client.Cluster.Federations.Add(FakeControl.Federation("a-federation", RunState.Paused, 1));

        foreach (var (name, what) in new[] { ("a-run", "Run"), ("an-evaluation", "Evaluation"), ("a-sweep", "Sweep"), ("a-federation", "Federation") })
        {
            Assert.Equal(ExitCode.Success, await _client.RunAsync("cancel", name));
            Assert.Contains($"{what} '{name}' is canceled.", _client.Output, StringComparison.Ordinal);
        }

        Assert.Equal(["cancel a-run", "cancel evaluation an-evaluation", "cancel sweep a-sweep", "cancel federation a-federation"], _client.Cluster.Calls);
    }

    [Theory]
    [InlineData(RunState.Running, "Run 'run' is canceled.")]
    [InlineData(RunState.Failed, "Run 'run' is canceled.")]
    [InlineData(RunState.Completed, "is complete; there is nothing to cancel.")]
    [InlineData(RunState.Canceled, "was canceled before.")]
    public async Task Cancel_SaysWhatBecameOfTheRun(RunState before, string message)
    {
        _client.Cluster.Runs.Add(FakeControl.Run("run", before, 3));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("cancel", "run"));
        Assert.Contains(message, _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_UnknownName_IsRefused()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("cancel", "none"));
        Assert.Contains("Unknown run, evaluation, sweep or federation 'none'.", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CanceledRun_IsNotResumedByNameNorAsTheNewest()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("given-up", RunState.Canceled, 3));

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("train", "--resume", "given-up"));
        Assert.Contains("was canceled and does not go on", _client.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("train", "--resume"));
        Assert.Contains("There is no run to resume", _client.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failure, await _client.RunAsync("watch", "given-up"));
        Assert.DoesNotContain("Go on with", _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }
}
