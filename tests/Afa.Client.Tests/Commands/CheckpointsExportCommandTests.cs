using System.Text.Json;
using Afa.Checkpoints;
using Afa.Checkpoints.Interchange;
using Afa.Grains;
using Afa.Models;
using Afa.Training;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Client.Tests.Commands;

public sealed class CheckpointsExportCommandTests : IDisposable
{
    private static readonly ModelOptions Model = new() { Name = "wide-resnet", Depth = 10, WidthFactor = 0.0625, Channels = 3, Mean = [0.5, 0.5, 0.5], StandardDeviation = [1, 1, 0.25] };

    private readonly ClientHarness _client = new ClientHarness().WithStore();

    public CheckpointsExportCommandTests()
    {
        _client.Cluster.Checkpoints.Add(FakeControl.Checkpoint("mine", 8, isFinal: true));
        Export(Model);
    }

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("weights.pt")]
    [InlineData("weights.PTH")]
    [InlineData("sub/weights.safetensors")]
    public async Task Export_Run_WritesItsFinalCheckpointInTheFormatOfTheEnding(string name)
    {
        var path = PathOf(name);

        Assert.Equal(ExitCode.Success, await _client.RunAsync("checkpoints", "export", "mine", "--to", path));

        Assert.Equal([$"export {FakeControl.CheckpointName("mine", 8)}"], _client.Cluster.Calls);
        var weights = ForeignWeights.Read(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken), path);
        Assert.Equal([0, 0, 128, 63, 0, 0, 0, 64], weights.Tensors["fc.bias"].Data.ToArray());
        Assert.Equal("wide-resnet", weights.Model!.Name);
        Assert.Equal([Path.GetFileName(path)], Directory.GetFiles(Path.GetDirectoryName(path)!).Select(Path.GetFileName));   // No temporary file stays.
        Assert.Contains("mean 0.5 0.5 0.5, deviation 1 1 0.25", _client.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HeadFeatures.Unit, true)]
    [InlineData(HeadFeatures.Raw, false)]
    public async Task Export_HeadOnUnitFeatures_SaysThatOtherProgramsMustNormalizeThem(HeadFeatures features, bool isSaid)
    {
        Export(Model with { HeadFeatures = features });

        Assert.Equal(ExitCode.Success, await _client.RunAsync("checkpoints", "export", "mine", "--to", PathOf("weights.pt")));

        Assert.Equal(isSaid, _client.Output.Contains("torch.nn.functional.normalize(features)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Export_ExistingFile_IsReplacedOnlyByForce()
    {
        var path = _client.WriteFile("weights.pt", "mine");

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("checkpoints", "export", "mine", "--to", path));
        Assert.Contains("--force", _client.Error, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("checkpoints", "export", "mine", "--to", path, "--force"));
        Assert.NotEqual("mine", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("mine", "weights.bin", "must end in .safetensors, .pt, .pth")]
    [InlineData("mine", ".", "must end in")]
    [InlineData("mien", "weights.pt", "Did you mean 'mine'?")]
    public async Task Export_BadNames_AreRefused(string checkpoint, string file, string expected)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("checkpoints", "export", checkpoint, "--to", PathOf(file)));
        Assert.Contains(expected, _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }

    private string PathOf(string name) => Path.Combine(_client.Folder, name);

    /// <summary>What the store's checkpoint holds: as much of the network as says its size.</summary>
    private void Export(ModelOptions model)
    {
        var weights = new Dictionary<string, TensorRecord>
        {
            ["fc.bias"] = new(ScalarType.Float32, [2], new byte[] { 0, 0, 128, 63, 0, 0, 0, 64 }),
            ["block3.layer.0.conv2.weight"] = new(ScalarType.Float32, [4, 4, 3, 3], new byte[4 * 4 * 9 * sizeof(float)]),
        };
        _client.Cluster.Export = new CheckpointExport(JsonSerializer.Serialize(model, AfaJson.Options), Safetensors.Write(weights));
    }
}
