using System.Text.Json;
using Afa.Checkpoints.PyTorch;
using Afa.Models;
using Afa.Training;

namespace Afa.Checkpoints.Interchange;

/// <summary>Writes weights for other programs: under PyTorch's names, so that <c>load_state_dict(..., strict=True)</c> takes them.</summary>
/// <remarks>
/// The published networks give the features to the last layer as they are. Weights of a network with <see cref="HeadFeatures.Unit"/> load into one of
/// them, but it computes other logits until the features are divided by their norm: see <see cref="Note"/>.
/// </remarks>
public static class WeightsExport
{
    /// <summary>Endings of the files that can be written.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".safetensors", ".pt", ".pth"];

    /// <summary>What another program must do besides loading the weights, as a sentence; null if nothing.</summary>
    /// <param name="model">What the network is built from.</param>
    public static string? Note(ModelOptions model) => model.HeadFeatures == HeadFeatures.Unit
        ? "Its last layer was trained on features of unit length (head.features=unit), so the published network loads these weights but computes other logits. " +
          "Divide the features by their norm before the last layer: torch.nn.functional.normalize(features)."
        : null;

    /// <summary>Makes a file that also says what the network is built from, by which an import knows it again; PyTorch does not look at that.</summary>
    /// <param name="extension">One of <see cref="Extensions"/>, which decides the format.</param>
    /// <param name="weights">Parameters and buffers by name. Those of auxiliary batch norms are left out: no published network has them, and evaluation uses none.</param>
    /// <param name="model">What the network is built from.</param>
    /// <exception cref="ArgumentException">The ending is not known, or the file would take more than 2 GiB.</exception>
    public static byte[] Write(string extension, IReadOnlyDictionary<string, TensorRecord> weights, ModelOptions model)
    {
        weights = weights.Where(entry => !ImageClassifier.IsAuxiliary(entry.Key)).ToDictionary();
        model = model with { AuxiliaryNormalization = false };
        var metadata = new Dictionary<string, string> { [ForeignWeights.ModelKey] = JsonSerializer.Serialize(model, AfaJson.Options) };
        return extension switch
        {
            ".safetensors" => Safetensors.Write(weights, new Dictionary<string, string>(metadata) { ["format"] = "pt" }),   // As Hugging Face's readers want it.
            ".pt" or ".pth" => PyTorchFile.Write(weights, metadata),
            _ => throw new ArgumentException($"The file's name must end in {string.Join(", ", Extensions)}, not '{extension}'.", nameof(extension)),
        };
    }
}
