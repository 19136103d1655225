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
        options.Attack.Epsilon is { } text && Radius.TryParse(text, out var value) ? value : options.DatasetDescription().RecommendedEpsilon;

    /// <summary>What is known of the data set: of a folder that lies elsewhere, what <see cref="TrainingOptions.ImageShape"/> says.</summary>
    /// <exception cref="ArgumentException">The data set is not known.</exception>
    /// <exception cref="DatasetNotFoundException">There is no such folder here.</exception>
    /// <exception cref="InvalidDataException">The folder holds no data set that can be read.</exception>
    public static DatasetDescription DatasetDescription(this TrainingOptions options) =>
        options.ImageShape is { } text && ImageShape.Parse(text) is { } shape ? shape.Describe(options.Dataset) : DatasetRegistry.Get(options.Dataset);

    /// <summary>Refuses images of another shape than <see cref="TrainingOptions.ImageShape"/>, if that is given: the model takes no others.</summary>
    /// <exception cref="ArgumentException">They have another shape.</exception>
    public static void RequireShape(this TrainingOptions options, DatasetDescription images)
    {
        if (options.ImageShape is not null && ImageShape.Of(options.DatasetDescription()) is var wanted && ImageShape.Of(images) is var found && found != wanted)
        {
            throw new ArgumentException($"ImageShape is {wanted} ({ImageShape.Form}), but the images are {found}.");
        }
    }

    /// <summary>What is wrong with <see cref="TrainingOptions.ImageShape"/>; null if nothing is.</summary>
    internal static string? ImageShapeProblem(this TrainingOptions options) => options.ImageShape is not { } text ? null
        : ImageShape.Parse(text) is null ? $"ImageShape must be {ImageShape.Form}, such as 10x3x32x32, with up to {ShardFileHeader.MaximumClasses} classes and 1 or 3 channels, not '{text}'."
        : DatasetRegistry.IsPath(options.Dataset) ? null
        : $"ImageShape is for a data set that is named by a path; leave it out, as the shape of '{options.Dataset}' is known.";

    /// <summary>How the first weights are drawn.</summary>
    public static WeightInitialization WeightInitialization(this TrainingOptions options) => options.Initialization ?? TrainingMethods.Get(options.Method).Initialization;

    /// <summary>Epochs over all phases.</summary>
    public static int TotalEpochs(this TrainingOptions options) => options.Epochs + (TrainingMethods.Get(options.Method).TrainsFeaturesFirst ? options.Head.Epochs : 0);

    /// <summary>The network for the data set's images and classes, normalized as is usual for it.</summary>
    /// <exception cref="ArgumentException">The model or the data set is not known, or the model has no such depth.</exception>
    public static ModelOptions ModelOptions(this TrainingOptions options)
    {
        var description = options.DatasetDescription();
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
