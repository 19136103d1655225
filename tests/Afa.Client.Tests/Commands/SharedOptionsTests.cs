using Afa.Grains;
using Xunit;

namespace Afa.Client.Tests.Commands;

public sealed class SharedOptionsTests : IDisposable
{
    private readonly ClientHarness _client = new ClientHarness().WithStore();

    public SharedOptionsTests()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("mine", RunState.Completed, 3));
        _client.Cluster.Checkpoints.Add(FakeControl.Checkpoint("mine", 3, isFinal: true));
    }

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("cpu:1", "evaluate", "mine", "--devices", "cpu:1")]
    [InlineData("cpu:3", "train", "--devices", "cpu:3")]
    [InlineData(null, "evaluate", "mine")]
    [InlineData(null, "checkpoints", "list")]
    public async Task Devices_AreThoseOfTheClusterThatIsStarted(string? slots, params string[] command)
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync(command));
        Assert.Equal((1, slots ?? $"cpu:{Environment.ProcessorCount}"), (_client.Connections, _client.Request?.DeviceSlots.ToString()));
    }

    [Theory]
    [InlineData("evaluate", "mine", "--devices", "cuda")]
    [InlineData("train", "--devices", "cuda:0,1")]
    public async Task Devices_GpusWithTheBuildForTheCpu_AreRefusedBeforeAnythingStarts(params string[] command)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync(command));

        Assert.StartsWith($"error: --devices {command[^1]} needs a program that was built for GPUs", _client.Error, StringComparison.Ordinal);
        Assert.Contains("AFA_TORCH_DEVICE=cuda", _client.Error, StringComparison.Ordinal);
        Assert.Equal(0, _client.Connections);
    }

    [Theory]
    [InlineData("evaluate", "cpu:0")]
    [InlineData("evaluate", "cpu:257")]
    [InlineData("evaluate", "cpu:1.5")]
    [InlineData("evaluate", "cpu:-1")]
    [InlineData("evaluate", "2")]
    [InlineData("train", "gpu:1")]
    [InlineData("train", "cpu:1,cuda:0")]
    [InlineData("train", "cuda:0,0")]
    [InlineData("train", "cpu:99999999999")]
    public async Task Devices_WrongValue_IsRefusedInOneSentence(string command, string devices)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync([command, .. command == "evaluate" ? ["mine"] : Array.Empty<string>(), "--devices", devices]));

        Assert.StartsWith($"error: --devices must be cpu:N with N from 1 to 256, such as cpu:{Environment.ProcessorCount}, or for GPUs cuda (all of them) or cuda:0,1 (those, each once), not '{devices}'.", _client.Error, StringComparison.Ordinal);
        Assert.Equal(0, _client.Connections);
    }
}
