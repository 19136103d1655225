using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Data;
using Afa.Models;
using Afa.Training;
using static TorchSharp.torch;

namespace Afa.Grains;

/// <summary>Makes checkpoints of weights from elsewhere.</summary>
internal static class ImportedCheckpoint
{
    /// <summary>Name of the checkpoint that an import makes.</summary>
    public static string Name(string run) => $"runs/{run}/checkpoints/imported";

    /// <exception cref="ArgumentException">The weights do not fit the model, or the model not the data set.</exception>
    /// <exception cref="InvalidDataException">The file is not a usable safetensors file.</exception>
    public static Checkpoint Create(CheckpointImport import, DateTimeOffset now)
    {
        var dataset = DatasetRegistry.Get(import.Dataset);
        var options = JsonSerializer.Deserialize<ModelOptions>(import.ModelJson, AfaJson.Options)! with
        {
            Channels = dataset.Channels,
            Height = dataset.Height,
            Width = dataset.Width,
            Classes = dataset.Classes,
        };
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        var tensors = Safetensors.Read(import.Weights, import.Source).Tensors;
        RequireFit(options, tensors);
        return new Checkpoint(
            new CheckpointState
            {
                Run = import.Run,
                Phase = "imported",
                Epoch = 0,
                Step = 0,
                ModelOptions = options,
                Options = JsonSerializer.SerializeToElement(new { dataset = import.Dataset }, AfaJson.Options),   // So that an evaluation finds its data.
                CreatedAt = now,
            },
            tensors);
    }

    private static void RequireFit(ModelOptions options, IReadOnlyDictionary<string, TensorRecord> tensors)
    {
        using var scope = NewDisposeScope();
        using var model = ModelRegistry.Create(options, seed: 0);
        model.LoadWeights(tensors.ToDictionary(entry => entry.Key, entry => entry.Value.ToTensor()));
    }
}
