using Afa.Data;
using Afa.Models;

namespace Afa.Checkpoints.Interchange;

/// <summary>The network that imported weights belong to.</summary>
/// <param name="Options">What it is built from.</param>
/// <param name="Reason">How its pixel normalization was chosen, as a sentence.</param>
public sealed record ImportedModel(ModelOptions Options, string Reason)
{
    /// <summary>Puts together what a user says and what the file says. What the user says counts.</summary>
    /// <param name="weights">What was read of the file.</param>
    /// <param name="dataset">What the network was trained on.</param>
    /// <param name="name">Name of the network, also in a short form, or null.</param>
    /// <param name="width">Width factor, or null.</param>
    /// <param name="depth">Number of layers, or null.</param>
    /// <param name="activation">What follows each normalization, or null.</param>
    /// <param name="normalization">How pixels are normalized.</param>
    /// <exception cref="ArgumentException">No network is named and the file does not tell it, or the data set has no usual normalization.</exception>
    public static ImportedModel Choose(
        ForeignWeights weights, DatasetDescription dataset, string? name = null, double? width = null, int? depth = null, Activation? activation = null,
        ImportNormalization normalization = ImportNormalization.Auto)
    {
        var told = weights.Model ?? new ModelOptions();
        if (name is null && weights.Model is null)
        {
            throw new ArgumentException(
                $"The network cannot be told from the weights, which start with {string.Join(", ", weights.Tensors.Keys.Order(StringComparer.Ordinal).Take(3).Select(key => $"'{PrintableText.Of(key, maxLength: 100)}'"))}. " +
                $"Name it; known are {ModelRegistry.Known}.");
        }

        var model = Network(told, name, width, depth);
        var (mean, deviation, reason) = Normalization(weights, dataset, model.Name, normalization);
        return new(
            model with
            {
                Activation = activation ?? model.Activation,
                Channels = dataset.Channels,
                Height = dataset.Height,
                Width = dataset.Width,
                Classes = dataset.Classes,
                Mean = mean,
                StandardDeviation = deviation,
            },
            reason);
    }

    /// <summary>A short form has numbers of its own; another name keeps those of the file.</summary>
    private static ModelOptions Network(ModelOptions told, string? name, double? width, int? depth)
    {
        if (name is null || ModelRegistry.Names.Contains(name))
        {
            return told with { Name = name ?? told.Name, WidthFactor = width ?? told.WidthFactor, Depth = depth ?? told.Depth };
        }

        var named = ModelRegistry.Named(name, width ?? 1, depth);
        return told with { Name = named.Name, WidthFactor = named.WidthFactor, Depth = named.Depth };
    }

    /// <remarks>
    /// Without a word in the file, RobustBench's own classes take pixels as they are, but for DeepMind's, which normalize inside. A wrong guess shows
    /// as a low clean accuracy.
    /// </remarks>
    private static (IReadOnlyList<double>? Mean, IReadOnlyList<double>? Deviation, string Reason) Normalization(
        ForeignWeights weights, DatasetDescription dataset, string model, ImportNormalization normalization)
    {
        switch (normalization)
        {
            case ImportNormalization.None:
                return (null, null, "Pixels are not normalized, as asked for.");
            case ImportNormalization.Dataset when dataset.ChannelMean.Count == 0:
                throw new ArgumentException($"{dataset.Title} has no usual mean and deviation; its pixels are taken as they are.");
            case ImportNormalization.Dataset:
                return (dataset.ChannelMean, dataset.ChannelStd, $"Pixels are normalized as is usual for {dataset.Title}, as asked for.");
        }

        if (weights.SaysNormalization)
        {
            return weights.Mean is { } mean
                ? (mean, weights.StandardDeviation, $"Pixels are normalized as the file says: mean {Numbers(mean)}, deviation {Numbers(weights.StandardDeviation!)}.")
                : (null, null, "Pixels are not normalized, as the file says.");
        }

        return NetworkFamily.NormalizesPixelsUnsaid(model) && dataset.ChannelMean.Count > 0
            ? (dataset.ChannelMean, dataset.ChannelStd, $"Pixels are normalized as is usual for {dataset.Title}, as the published {model} does; the file does not say.")
            : (null, null, $"Pixels are not normalized, as the file does not say that they should be{(dataset.ChannelMean.Count > 0 ? $"; that of {dataset.Title} can be chosen" : "")}.");
    }

    private static string Numbers(IReadOnlyList<double> values) => string.Join(" ", values.Select(value => value.ToString("0.####")));
}
