using Afa.Attacks;
using Afa.Data;
using Afa.Models;
using Afa.Training.Methods;

namespace Afa.Training;

/// <summary>What training options mean for their data set.</summary>
public static class ResolvedOptions
{
    /// <summary>Radius of the training attack in pixel units.</summary>
    public static double AttackEpsilon(this TrainingOptions options) =>
        options.Attack.Epsilon is { } text && Radius.TryParse(text, out var value) ? value : DatasetRegistry.Get(options.Dataset).RecommendedEpsilon;

    /// <summary>How the first weights are drawn.</summary>
    public static WeightInitialization WeightInitialization(this TrainingOptions options) => options.Initialization ?? TrainingMethods.Get(options.Method).Initialization;

    /// <summary>Epochs over all phases.</summary>
    public static int TotalEpochs(this TrainingOptions options) => options.Epochs + (TrainingMethods.Get(options.Method).TrainsFeaturesFirst ? options.Head.Epochs : 0);

    /// <summary>The network for the data set's images and classes, normalized as is usual for it.</summary>
    /// <exception cref="ArgumentException">The model or the data set is not known, or the model has no such depth.</exception>
    public static ModelOptions ModelOptions(this TrainingOptions options)
    {
        var description = DatasetRegistry.Get(options.Dataset);
        return ModelRegistry.Named(options.Model, options.ModelWidth, options.ModelDepth) with
        {
            NormalizationLayer = options.Normalization.Layer,
            AuxiliaryNormalization = options.Normalization.Separate,
            Activation = options.Activation,
            HeadFeatures = TrainingMethods.Get(options.Method).TrainsFeaturesFirst ? options.Head.Features : HeadFeatures.Raw,
            Classes = description.Classes,
            Channels = description.Channels,
            Height = description.Height,
            Width = description.Width,
            Mean = description.ChannelMean.Count > 0 ? description.ChannelMean : null,
            StandardDeviation = description.ChannelStd.Count > 0 ? description.ChannelStd : null,
        };
    }
}
