using Xunit;

namespace Afa.Client.Tests.Commands;

public sealed class CheckpointsImportCommandTests : IDisposable
{
    private readonly ClientHarness _client = new();
    private readonly string _file;

    public CheckpointsImportCommandTests()
    {
        _file = Path.Combine(_client.Folder, "weights.safetensors");
        File.WriteAllBytes(_file, [1, 2, 3]);
    }

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Import_File_IsHandedOnWithItsModelAndNamedAfterTheFile()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("checkpoints", "import", _file, "--model", "wide-resnet", "--depth", "10", "--dataset", "cifar-10"));

        var import = Assert.Single(_client.Cluster.Imports);
        Assert.Equal(("weights", "cifar-10"), (import.Run, import.Dataset));
        Assert.Contains("\"depth\": 10", import.ModelJson, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], import.Weights);
        Assert.Contains("afa evaluate weights", _client.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Unknown model 'small'", "--model", "small", "--dataset", "cifar-10")]
    [InlineData("Unknown data set 'cifar10'. Did you mean 'cifar-10'?", "--model", "small-cnn", "--dataset", "cifar10")]
    [InlineData("There is a run 'mine' already", "--model", "small-cnn", "--dataset", "cifar-10", "--run", "mine")]
    [InlineData("--dataset", "--model", "small-cnn")]
    public async Task Import_BadOption_IsRefused(string expected, params string[] options)
    {
        _client.Cluster.Runs.Add(FakeControl.Run("mine", Afa.Grains.RunState.Completed, 8));

        Assert.Equal(ExitCode.Usage, await _client.RunAsync(["checkpoints", "import", _file, .. options]));
        Assert.Contains(expected, _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Imports);
    }

    [Theory]
    [InlineData("nothing.safetensors", "There is no file")]
    [InlineData(".", "is a folder")]
    public async Task Import_NoFile_SaysSo(string name, string expected)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("checkpoints", "import", Path.Combine(_client.Folder, name), "--model", "small-cnn", "--dataset", "fashion-mnist"));
        Assert.Contains(expected, _client.Error, StringComparison.Ordinal);
    }
}
