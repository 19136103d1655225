using System.Runtime.InteropServices;
using System.Text.Json;
using Afa.Checkpoints.PyTorch;
using Afa.Models;
using Afa.Training;
using static TorchSharp.torch;

namespace Afa.Checkpoints.Interchange;

/// <summary>Weights of a file from elsewhere, under the names and in the type of the networks here.</summary>
/// <remarks>
/// As RobustBench does on loading, the prefixes "module." (of DataParallel) and "model." are taken off. Buffers that hold constants of pixel
/// normalization, and the sub_block1 that TRADES' WideResNet has but does not use, are no weights. Missing counts of batches, which only matter
/// to an average that is not used here, become 0, and counts of layers that are not there are dropped.
/// </remarks>
public sealed record ForeignWeights
{
    /// <summary>Under this key, a file written here says what its network is built from.</summary>
    public const string ModelKey = "afa.model";

    private const string BatchCount = ".num_batches_tracked";

    private static readonly string[] _prefixes = ["module.", "model."];

    /// <summary>Names of the mean and the standard deviation of pixels.</summary>
    private static readonly (string Mean, string Deviation)[] _normalizations = [("mean", "std"), ("mu", "sigma"), ("normalize.mean", "normalize.std")];

    /// <summary>Parameters and buffers by name; the floating-point ones are float32.</summary>
    public required IReadOnlyDictionary<string, TensorRecord> Tensors { get; init; }

    /// <summary>What the network is built from, as the file says or as <see cref="NetworkFamily.Tell"/> sees; null if it cannot be told.</summary>
    public required ModelOptions? Model { get; init; }

    /// <summary>Mean of each channel that the file says; null, with <see cref="StandardDeviation"/>, if it says none.</summary>
    public IReadOnlyList<double>? Mean { get; init; }

    /// <summary>Standard deviation of each channel that the file says.</summary>
    public IReadOnlyList<double>? StandardDeviation { get; init; }

    /// <summary>Whether the file says how pixels are normalized, be it that they are not.</summary>
    public bool SaysNormalization { get; init; }

    /// <summary>What was found and what was changed, as sentences.</summary>
    public required IReadOnlyList<string> Findings { get; init; }

    /// <summary>Loads a safetensors file or one of torch.save, whatever its name is, of at most 2 GiB.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">As for <see cref="Read"/>.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">As for <see cref="Read"/>, or the file is too large.</exception>
    public static async Task<ForeignWeights> LoadAsync(string path, string? key = null, CancellationToken cancellationToken = default)
    {
        var file = await BoundedFile.ReadAsync(path, Array.MaxLength, cancellationToken)
            ?? throw new FileNotFoundException(Directory.Exists(path) ? $"'{path}' is a folder; name a file in it." : $"There is no file {Path.GetFullPath(path)}.", path);
        return Read(file, path, key);
    }

    /// <summary>Reads a safetensors file or one of torch.save.</summary>
    /// <param name="file">The whole file. The tensors may refer to it, so it must not be changed any more.</param>
    /// <param name="source">What to call the file in messages.</param>
    /// <param name="key">Where in a file of torch.save the state dict is; null: in a usual place.</param>
    /// <exception cref="InvalidDataException">The file is damaged, of another format, or holds no state dict.</exception>
    public static ForeignWeights Read(ReadOnlyMemory<byte> file, string source, string? key = null)
    {
        var findings = new List<string>();
        var (tensors, metadata) = ReadTensors(file, source, key, findings);
        try
        {
            tensors = WithoutPrefixes(tensors, findings);
            DropUnused(tensors, findings);
            var (mean, deviation) = TakeNormalization(tensors, findings);
            CompleteBatchCounts(tensors, findings);
            ConvertToFloat32(tensors, findings);

            var stated = StatedModel(metadata, tensors, findings);
            return new()
            {
                Tensors = tensors,
                Model = stated ?? NetworkFamily.Tell(tensors),
                Mean = mean ?? stated?.Mean,
                StandardDeviation = deviation ?? stated?.StandardDeviation,
                SaysNormalization = mean is not null || stated is not null,
                Findings = findings,
            };
        }
        catch (FormatException error)
        {
            throw new InvalidDataException($"{source} cannot be taken over: {PrintableText.Of(error.Message)}", error);
        }
    }

    private static (Dictionary<string, TensorRecord> Tensors, IReadOnlyDictionary<string, string> Metadata) ReadTensors(
        ReadOnlyMemory<byte> file, string source, string? key, List<string> findings)
    {
        const int FirstOfHeader = sizeof(ulong);
        if (PyTorchFile.IsZip(file.Span))
        {
            var content = PyTorchFile.Read(file, source, key);
            findings.Add($"A file of torch.save with {content.Tensors.Count} tensors{(content.Key is null ? "" : $" under '{content.Key}'")}.");
            return (new(content.Tensors), content.Metadata);
        }

        // The header's length may begin as a pickle does.
        var isSafetensors = file.Length > FirstOfHeader && file.Span[FirstOfHeader] == (byte)'{';
        if (!isSafetensors && (PyTorchFile.IsLegacy(file.Span) || key is not null))
        {
            PyTorchFile.Read(file, source, key);   // Says what is wrong.
        }

        if (!isSafetensors)
        {
            throw new InvalidDataException(
                $"{source} is neither a safetensors file nor a zip file of torch.save, by its first bytes. Its {file.Length} bytes may be cut short; else save the weights anew: torch.save(model.state_dict(), path).");
        }

        var safetensors = Safetensors.Read(file, source);
        findings.Add($"A safetensors file with {safetensors.Tensors.Count} tensors.");
        return key is null
            ? (new(safetensors.Tensors), safetensors.Metadata)
            : throw new InvalidDataException($"{source} is a safetensors file, which has no parts such as '{key}'. Leave out the key.");
    }

    private static Dictionary<string, TensorRecord> WithoutPrefixes(Dictionary<string, TensorRecord> tensors, List<string> findings)
    {
        foreach (var prefix in _prefixes)
        {
            var count = tensors.Keys.Count(name => name.StartsWith(prefix, StringComparison.Ordinal));
            if (count == 0)
            {
                continue;
            }

            var renamed = new Dictionary<string, TensorRecord>(tensors.Count);
            foreach (var (name, tensor) in tensors)
            {
                var bare = name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;
                if (!renamed.TryAdd(bare, tensor))
                {
                    throw new FormatException($"it has '{bare}' with and without the prefix '{prefix}'.");
                }
            }

            tensors = renamed;
            findings.Add($"Took the prefix '{prefix}' off {count} names.");
        }

        return tensors;
    }

    /// <summary>Drops what the constructor of TRADES' WideResNet makes and its forward pass never uses.</summary>
    private static void DropUnused(Dictionary<string, TensorRecord> tensors, List<string> findings)
    {
        var unused = tensors.Keys.Where(name => name.StartsWith("sub_block1.", StringComparison.Ordinal)).ToList();
        if (unused.Count > 0 && tensors.ContainsKey("block1.layer.0.conv1.weight"))
        {
            unused.ForEach(name => tensors.Remove(name));
            findings.Add($"Dropped {unused.Count} tensors of sub_block1, which the network does not use.");
        }
    }

    private static (IReadOnlyList<double>? Mean, IReadOnlyList<double>? Deviation) TakeNormalization(Dictionary<string, TensorRecord> tensors, List<string> findings)
    {
        foreach (var (meanName, deviationName) in _normalizations)
        {
            var hasMean = tensors.Remove(meanName, out var mean);
            if (hasMean != tensors.Remove(deviationName, out var deviation))
            {
                throw new FormatException($"of '{meanName}' and '{deviationName}', which normalize pixels together, it has one only.");
            }

            if (hasMean)
            {
                findings.Add($"Its buffers '{meanName}' and '{deviationName}' normalize pixels.");
                return (Channels(mean!, meanName), Channels(deviation!, deviationName));
            }
        }

        return (null, null);
    }

    /// <summary>A number for each channel, of a tensor of shape [channel] or with more axes of length 1 around it.</summary>
    private static double[] Channels(TensorRecord tensor, string name) =>
        tensor.Shape.Length > 0 && tensor.Shape.Count(length => length != 1) <= 1 && tensor.ToFloat32() is { ElementType: ScalarType.Float32 } numbers
            ? Array.ConvertAll(MemoryMarshal.Cast<byte, float>(numbers.Data.Span).ToArray(), value => (double)value)
            : throw new FormatException($"'{name}' of shape [{string.Join(", ", tensor.Shape)}] should hold one floating-point number for each channel.");

    private static void CompleteBatchCounts(Dictionary<string, TensorRecord> tensors, List<string> findings)
    {
        const string RunningMean = ".running_mean";
        var layers = tensors.Keys.Where(name => name.EndsWith(RunningMean, StringComparison.Ordinal)).Select(name => name[..^RunningMean.Length]).ToHashSet();
        var dropped = tensors.Keys.Where(name => name.EndsWith(BatchCount, StringComparison.Ordinal) && !layers.Contains(name[..^BatchCount.Length])).ToList();
        dropped.ForEach(name => tensors.Remove(name));
        var added = layers.Count(layer => tensors.TryAdd(layer + BatchCount, new(ScalarType.Int64, [], new byte[sizeof(long)])));
        if (dropped.Count + added > 0)
        {
            findings.Add($"Added {added} missing counts of batches (num_batches_tracked) as 0 and dropped {dropped.Count} of layers that are not there.");
        }
    }

    private static void ConvertToFloat32(Dictionary<string, TensorRecord> tensors, List<string> findings)
    {
        foreach (var type in new[] { ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16 })
        {
            var names = tensors.Where(entry => entry.Value.ElementType == type).Select(entry => entry.Key).ToList();
            names.ForEach(name => tensors[name] = tensors[name].ToFloat32());
            if (names.Count > 0)
            {
                findings.Add($"Converted {names.Count} tensors from {type} to Float32.");
            }
        }
    }

    /// <summary>What a file written here says about its network. One of another version says nothing.</summary>
    /// <exception cref="FormatException">The weights are not of the size that it says.</exception>
    private static ModelOptions? StatedModel(IReadOnlyDictionary<string, string> metadata, Dictionary<string, TensorRecord> tensors, List<string> findings)
    {
        if (!metadata.TryGetValue(ModelKey, out var json))
        {
            return null;
        }

        try
        {
            var model = JsonSerializer.Deserialize<ModelOptions>(json, AfaJson.Options);
            if (model is { Name: not null } && ModelRegistry.Names.Contains(model.Name))
            {
                // Otherwise a small file could have a network of any size built.
                if (!NetworkFamily.HasSize(model, tensors))
                {
                    throw new FormatException($"it says that its network is {model.Name} of width {model.WidthFactor} and depth {model.Depth}, but its last convolutions are missing or have other shapes. Export it again.");
                }

                findings.Add("It was exported by AFA and says what its network is.");
                return model;
            }
        }
        catch (JsonException)
        {
            // Then the names and shapes may tell, as of any other file.
        }

        findings.Add("It was exported by another version of AFA, whose description of the network cannot be read.");
        return null;
    }
}
