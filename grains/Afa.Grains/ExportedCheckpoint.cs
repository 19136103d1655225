using System.Text.Json;
using Afa.Checkpoints;
using Afa.Models;
using Afa.Training;
using static TorchSharp.torch;

namespace Afa.Grains;

/// <summary>Takes the weights out of checkpoints.</summary>
internal static class ExportedCheckpoint
{
    /// <remarks>By way of a model, so that what leaves is what an evaluation loads, whatever else is in the checkpoint.</remarks>
    /// <exception cref="ArgumentException">The weights do not fit the model.</exception>
    public static CheckpointExport Create(Checkpoint checkpoint)
    {
        using var scope = NewDisposeScope();
        using var model = ModelRegistry.Create(checkpoint.State.ModelOptions, seed: 0);
        TrainerCheckpoint.LoadModel(model, checkpoint);
        var weights = model.state_dict().ToDictionary(entry => entry.Key, entry => TensorRecord.FromTensor(entry.Value));
        return new CheckpointExport(JsonSerializer.Serialize(checkpoint.State.ModelOptions, AfaJson.Options), Safetensors.Write(weights));
    }
}
