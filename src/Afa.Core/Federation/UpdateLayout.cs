using System.Runtime.InteropServices;
using Afa.Checkpoints;
using Afa.Models;
using Afa.Training;
using static TorchSharp.torch;

namespace Afa.Federation;

/// <summary>Where each exchanged tensor of a model lies in an update: float32 values end to end.</summary>
/// <remarks>
/// Parameters come first, then the running statistics of batch norm, each by name; <see cref="StrategyKind.Scaffold"/> appends one control value for
/// each parameter. <see cref="StrategyKind.FedBn"/> leaves normalization layers out. Counters, which are integers, stay as they are at the server:
/// nothing is computed from them. The order depends on model and options alone, not on the phase of a round.
/// </remarks>
public sealed class UpdateLayout
{
    private UpdateLayout(IReadOnlyList<UpdateTensor> tensors, bool hasControl)
    {
        Tensors = tensors;
        ModelLength = tensors.Sum(tensor => (long)tensor.Length);
        ParameterLength = tensors.Where(tensor => tensor.IsParameter).Sum(tensor => (long)tensor.Length);
        Length = ModelLength + (hasControl ? ParameterLength : 0);
        if (Length > Array.MaxLength)
        {
            throw new ArgumentException($"An update of {Length} values does not fit into one array; at most {Array.MaxLength} do. Use a smaller model.");
        }
    }

    /// <summary>Number of values of an update, control values among them.</summary>
    public long Length { get; }

    /// <summary>Number of values of the model.</summary>
    public long ModelLength { get; }

    /// <summary>Number of values that are parameters: the first of the model's.</summary>
    public long ParameterLength { get; }

    /// <summary>The model's tensors, in order.</summary>
    internal IReadOnlyList<UpdateTensor> Tensors { get; }

    /// <summary>The parameters, in order.</summary>
    internal IEnumerable<UpdateTensor> Parameters => Tensors.Where(tensor => tensor.IsParameter);

    /// <summary>Lays out the updates of a federation.</summary>
    /// <param name="model">Parameters and buffers by name, as a checkpoint holds them.</param>
    /// <exception cref="ArgumentException">They are not those of the federation's model.</exception>
    public static UpdateLayout Of(IReadOnlyDictionary<string, TensorRecord> model, FederationOptions options)
    {
        using var template = ModelRegistry.Create(options.Training.ModelOptions(), seed: 0);
        var layout = Of(template, options);
        layout.RequireFit(model);
        return layout;
    }

    /// <summary>Lays out the exchanged values of a model one after the other.</summary>
    /// <param name="model">Parameters and buffers by name.</param>
    /// <returns>[<see cref="ModelLength"/>]</returns>
    /// <exception cref="ArgumentException">A tensor is missing or has another shape.</exception>
    public float[] Flatten(IReadOnlyDictionary<string, TensorRecord> model)
    {
        RequireFit(model);
        var values = new float[ModelLength];
        foreach (var tensor in Tensors)
        {
            Values(model[tensor.Name]).CopyTo(values.AsSpan(tensor.Offset));
        }

        return values;
    }

    /// <summary>Puts flat values into a model.</summary>
    /// <param name="values">[<see cref="ModelLength"/>]; copied.</param>
    /// <param name="others">Whole model, from which what is not exchanged is taken.</param>
    public Dictionary<string, TensorRecord> Unflatten(ReadOnlySpan<float> values, IReadOnlyDictionary<string, TensorRecord> others)
    {
        RequireFit(others);
        var model = others.ToDictionary();
        foreach (var tensor in Tensors)
        {
            model[tensor.Name] = tensor.Cut(values);
        }

        return model;
    }

    internal static UpdateLayout Of(ImageClassifier model, FederationOptions options)
    {
        using var scope = NewDisposeScope();
        var local = options.Strategy.Kind == StrategyKind.FedBn ? NormalizationNames(model) : [];
        var head = model.HeadParameterNames;
        var parameters = model.named_parameters().Select(entry => entry.name).ToHashSet();
        var tensors = new List<UpdateTensor>();
        var offset = 0L;
        foreach (var (name, value) in model.state_dict()
            .Where(entry => entry.Value.dtype == ScalarType.Float32 && !local.Contains(entry.Key))
            .OrderBy(entry => !parameters.Contains(entry.Key)).ThenBy(entry => entry.Key, StringComparer.Ordinal))
        {
            tensors.Add(new(name, value.shape, checked((int)offset), checked((int)value.numel()), parameters.Contains(name), head.Contains(name)));
            offset += value.numel();
        }

        return new(tensors, options.Strategy.Kind == StrategyKind.Scaffold);
    }

    /// <summary>Names of all parameters and buffers of normalization layers, counters among them.</summary>
    internal static HashSet<string> NormalizationNames(ImageClassifier model)
    {
        using var scope = NewDisposeScope();
        var layers = model.named_modules().Where(entry => entry.module is BatchNormalization or GroupNormalization).Select(entry => entry.name + ".").ToList();
        return [.. model.state_dict().Keys.Where(name => layers.Exists(layer => name.StartsWith(layer, StringComparison.Ordinal)))];
    }

    internal static ReadOnlySpan<float> Values(TensorRecord record) => MemoryMarshal.Cast<byte, float>(record.Data.Span);

    private void RequireFit(IReadOnlyDictionary<string, TensorRecord> model)
    {
        foreach (var tensor in Tensors)
        {
            if (!model.TryGetValue(tensor.Name, out var record) || record.ElementType != ScalarType.Float32 || !record.Shape.AsSpan().SequenceEqual(tensor.Shape))
            {
                var found = record is null ? "is missing" : $"is {record.ElementType} [{string.Join(", ", record.Shape)}]";
                throw new ArgumentException($"'{tensor.Name}' must be Float32 [{string.Join(", ", tensor.Shape)}], but {found}. The model belongs to another federation.", nameof(model));
            }
        }
    }
}
