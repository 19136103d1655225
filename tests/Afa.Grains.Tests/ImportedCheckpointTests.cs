using Afa.Checkpoints;
using Afa.Grains;
using Afa.Models;
using static TorchSharp.torch;

namespace Afa.Tests.Grains;

public sealed class ImportedCheckpointTests
{
    private static readonly ModelOptions Model = new() { WidthFactor = 0.25 };

    [Fact]
    public void Create_WeightsOfTheModel_AreTheCheckpoints()
    {
        var checkpoint = ImportedCheckpoint.Create(Import(Weights(Model)), DateTimeOffset.UnixEpoch);

        Assert.Equal((0.25, "imported", "fashion-mnist"), (checkpoint.State.ModelOptions.WidthFactor, checkpoint.State.Phase, checkpoint.State.Options!.Value.GetProperty("dataset").GetString()));
        Assert.Contains("fc2.weight", checkpoint.Model.Keys);
    }

    [Fact]
    public void Create_WeightsThatDoNotFit_NamesWhatDiffers()
    {
        Assert.Contains("'conv1.weight' has shape", Refused<ArgumentException>(Weights(new ModelOptions { WidthFactor = 0.5 })), StringComparison.Ordinal);
        Assert.Contains("weights.safetensors", Refused<InvalidDataException>([1, 2, 3]), StringComparison.Ordinal);
    }

    private static string Refused<TException>(byte[] weights)
        where TException : Exception =>
        Assert.Throws<TException>(() => ImportedCheckpoint.Create(Import(weights), DateTimeOffset.UnixEpoch)).Message;

    private static CheckpointImport Import(byte[] weights) => new("mine", """{"name": "small-cnn", "widthFactor": 0.25}""", "fashion-mnist", "weights.safetensors", weights);

    private static byte[] Weights(ModelOptions options)
    {
        using var scope = NewDisposeScope();
        using var model = ModelRegistry.Create(options, seed: 1);
        return Safetensors.Write(model.state_dict().ToDictionary(entry => entry.Key, entry => TensorRecord.FromTensor(entry.Value)));
    }
}
