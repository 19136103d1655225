using System.Text.Json;
using Afa.Checkpoints;
using Afa.Checkpoints.PyTorch;
using Afa.Models;
using Afa.Training;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Client.Tests.Commands;

public sealed class CheckpointsImportCommandTests : IDisposable
{
    private readonly ClientHarness _client = new();
    private readonly string _file;

    public CheckpointsImportCommandTests()
    {
        _file = Path.Combine(_client.Folder, "weights.pt");
        File.WriteAllBytes(_file, PyTorchFile.Write(SmallCnn("module.")));
    }

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Import_FileOfTorchSave_IsHandedOnWithTheNetworkThatItTells()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("checkpoints", "import", _file, "--dataset", "fashion-mnist"));

        var import = Assert.Single(_client.Cluster.Imports);
        var model = JsonSerializer.Deserialize<ModelOptions>(import.ModelJson, AfaJson.Options)!;
        Assert.Equal(("weights", "fashion-mnist", "small-cnn", 0.5), (import.Run, import.Dataset, model.Name, model.WidthFactor));
        Assert.Equal(SmallCnn("").Keys.Order(), Safetensors.Read(import.Weights, "import").Tensors.Keys.Order());
        Assert.Contains("Took the prefix 'module.' off 5 names.", _client.Output, StringComparison.Ordinal);
        Assert.Contains("The network is small-cnn, width 0.5, relu.", _client.Output, StringComparison.Ordinal);
        Assert.Contains("Pixels are not normalized", _client.Output, StringComparison.Ordinal);
        Assert.Contains("afa evaluate weights", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_IntoAnotherStore_SaysHowToEvaluateThere()
    {
        var store = Path.Combine(_client.Folder, "elsewhere");
        await _client.RunAsync("checkpoints", "import", _file, "--dataset", "fashion-mnist", "--store", store);

        Assert.Contains($"afa evaluate weights --store {store}", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_NumbersOnTheCommandLine_Count()
    {
        File.WriteAllBytes(_file, Safetensors.Write(SmallCnn("")));   // The content decides on the format, not the name.

        Assert.Equal(
            ExitCode.Success,
            await _client.RunAsync("checkpoints", "import", _file, "--model", "wide-resnet", "--depth", "10", "--width", "2", "--dataset", "cifar-10", "--normalization", "dataset"));

        var model = JsonSerializer.Deserialize<ModelOptions>(Assert.Single(_client.Cluster.Imports).ModelJson, AfaJson.Options)!;
        Assert.Equal(("wide-resnet", 10, 2.0, 0.4914), (model.Name, model.Depth, model.WidthFactor, model.Mean![0]));
    }

    [Theory]
    [InlineData("Unknown model 'small'", "--model", "small", "--dataset", "cifar-10")]
    [InlineData("Unknown data set 'cifar10'. Did you mean 'cifar-10'?", "--dataset", "cifar10")]
    [InlineData("There is a run 'mine' in", "--dataset", "cifar-10", "--run", "mine")]
    [InlineData("There is an evaluation 'done' in", "--dataset", "cifar-10", "--run", "done")]
    [InlineData("--dataset", "--model", "small-cnn")]
    [InlineData("--normalization", "--dataset", "cifar-10", "--normalization", "mean")]
    [InlineData("has no usual mean and deviation", "--dataset", "fashion-mnist", "--normalization", "dataset")]
    public async Task Import_BadOption_IsRefused(string expected, params string[] options)
    {
        _client.Cluster.Runs.Add(FakeControl.Run("mine", Afa.Grains.RunState.Completed, 8));
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("done", Afa.Grains.RunState.Completed, 2));

        Assert.Equal(ExitCode.Usage, await _client.RunAsync(["checkpoints", "import", _file, .. options]));
        Assert.Contains(expected, _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Imports);
    }

    [Theory]
    [InlineData("nothing.safetensors", "There is no file")]
    [InlineData(".", "is a folder")]
    public async Task Import_NoFile_SaysSo(string name, string expected)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("checkpoints", "import", Path.Combine(_client.Folder, name), "--dataset", "fashion-mnist"));
        Assert.Contains(expected, _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_DamagedFile_IsRefusedBeforeAClusterStarts()
    {
        File.WriteAllBytes(_file, [1, 2, 3]);

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("checkpoints", "import", _file, "--dataset", "fashion-mnist"));
        Assert.Contains($"{_file} is neither", _client.Error, StringComparison.Ordinal);
        Assert.Equal(0, _client.Connections);
    }

    /// <summary>What tells a small-cnn of half the width.</summary>
    private static Dictionary<string, TensorRecord> SmallCnn(string prefix) => new()
    {
        [prefix + "conv1.weight"] = Zeros(16, 1, 3, 3),
        [prefix + "conv4.weight"] = Zeros(32, 32, 3, 3),
        [prefix + "fc1.weight"] = Zeros(64, 1568),
        [prefix + "fc2.weight"] = Zeros(10, 64),
        [prefix + "fc2.bias"] = Zeros(10),
    };

    private static TensorRecord Zeros(params long[] shape) => new(ScalarType.Float32, shape, new byte[4 * shape.Aggregate(1L, (product, length) => product * length)]);
}
