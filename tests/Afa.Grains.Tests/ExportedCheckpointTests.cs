using System.Text.Json;
using Afa.Checkpoints;
using Afa.Grains;
using Afa.Models;
using Afa.Training;
using static TorchSharp.torch;

namespace Afa.Tests.Grains;

public sealed class ExportedCheckpointTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Export_ImportedCheckpoint_GivesTheSameWeightsBack()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var model = new ModelOptions { WidthFactor = 0.25 };
        var weights = Weights(model);
        var import = new CheckpointImport("mine", JsonSerializer.Serialize(model, AfaJson.Options), "fashion-mnist", "weights.pt", Safetensors.Write(weights));

        var export = await cluster.Control.ExportCheckpointAsync(await cluster.Control.ImportCheckpointAsync(import, Cancellation), Cancellation);

        var back = Safetensors.Read(export.Weights, "export").Tensors;
        Assert.Equal(weights.Keys.Order(), back.Keys.Order());
        Assert.All(weights, entry => Assert.True(entry.Value.Data.Span.SequenceEqual(back[entry.Key].Data.Span)));
        Assert.Equal(0.25, JsonSerializer.Deserialize<ModelOptions>(export.ModelJson, AfaJson.Options)!.WidthFactor);
    }

    [Fact]
    public async Task Export_NoSuchCheckpoint_SaysSo()
    {
        await using var cluster = await TestCluster.StartAsync(1);

        var error = await Assert.ThrowsAsync<FileNotFoundException>(() => cluster.Control.ExportCheckpointAsync("runs/none/checkpoints/step-00000001", Cancellation));

        Assert.Contains("runs/none/checkpoints/step-00000001", error.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, TensorRecord> Weights(ModelOptions options)
    {
        using var scope = NewDisposeScope();
        using var model = ModelRegistry.Create(options, seed: 1);
        return model.state_dict().ToDictionary(entry => entry.Key, entry => TensorRecord.FromTensor(entry.Value));
    }
}
