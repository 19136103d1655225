using Afa.Grains;
using Xunit;

namespace Afa.Client.Tests.Commands;

public sealed class WatchCommandTests : IDisposable
{
    private readonly ClientHarness _client = new ClientHarness().WithStore();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Watch_Run_ShowsNewEpochsUntilItEnds()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("mine", RunState.Running, 6));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("watch", "mine"));
        Assert.DoesNotContain("epoch 6/8", _client.Output, StringComparison.Ordinal);
        Assert.Contains("epoch 7/8", _client.Output, StringComparison.Ordinal);
        Assert.Contains("Trained in 1:20. Checkpoint: runs/mine/checkpoints/step-00000080", _client.Output, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }

    [Fact]
    public async Task Watch_Evaluation_ShowsTheResultAtItsEnd()
    {
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("mine", RunState.Running, 0));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("watch", "mine"));
        Assert.Contains("| worst-case | 0.800    |", _client.Output, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }

    [Fact]
    public async Task Watch_SweepWithAFailedTrial_EndsAsTheSweepDoes()
    {
        var options = new Afa.Sweeps.SweepTrial { Name = "1-s0", Point = "1", Training = new(), Evaluation = new() };
        var plan = new Afa.Sweeps.SweepPlan { Points = [new("1", "", [])], Trials = [options] };
        _client.Cluster.Sweeps.Add(FakeControl.Sweep("mine", RunState.Running, plan, 0));
        _client.Cluster.TrialErrors["1-s0"] = "The loss is not finite.";

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("watch", "mine"));
        Assert.Contains("1 of 1 trials failed; resume the sweep to try them again. afa sweep --resume mine", _client.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RunState.Paused, null)]
    [InlineData(RunState.Pending, null)]
    [InlineData(RunState.Failed, "The disk is full.")]
    public async Task Watch_NothingRuns_SaysHowToGoOn(RunState state, string? message)
    {
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("half", state, 1) with { Message = message });
        _client.Cluster.Runs.Add(FakeControl.Run("mine", state, 2) with { Message = message });

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("watch", "half"));
        Assert.Contains($"Evaluation 'half' is not running anywhere ({state.ToString().ToLowerInvariant()}, 50 %){(message is null ? "." : $": {message}")}", _client.Error, StringComparison.Ordinal);
        Assert.Contains("Go on with: afa evaluate --resume half", _client.Error, StringComparison.Ordinal);

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("watch", "mine"));
        Assert.Contains("Go on with: afa train --resume mine", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_CtrlC_EndsTheWatchingOnly()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("mine", RunState.Running, 1));
        _client.Cluster.OnQuestion = _ => _client.Interrupt();

        Assert.Equal(ExitCode.Success, await _client.RunAsync("watch", "mine"));
        Assert.Contains("No longer watching; 'mine' goes on.", _client.Output, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }
}
