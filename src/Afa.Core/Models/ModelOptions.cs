using System.ComponentModel.DataAnnotations;

namespace Afa.Models;

/// <summary>What a network is built from. Two networks with equal options have the same state dictionary keys and shapes.</summary>
public sealed record ModelOptions : IValidatableObject
{
    /// <summary>One of <see cref="ModelRegistry.Names"/>.</summary>
    public string Name { get; init; } = "small-cnn";

    /// <summary>Times the channel counts of the published network; 0.25 is a quarter of its width, and 10 makes a WideResNet-28-10.</summary>
    public double WidthFactor { get; init; } = 1;

    /// <summary>Number of layers of a WideResNet, 6n + 4. The other networks have one depth and do not read it.</summary>
    public int Depth { get; init; } = 28;

    /// <summary>Number of classes.</summary>
    public int Classes { get; init; } = 10;

    /// <summary>Channels of an image: 1 for gray, 3 for color.</summary>
    public int Channels { get; init; } = 1;

    /// <summary>Height of an image in pixels.</summary>
    public int Height { get; init; } = 28;

    /// <summary>Width of an image in pixels.</summary>
    public int Width { get; init; } = 28;

    /// <summary>Mean of each channel over the training set, pixels in [0, 1]; null, with <see cref="StandardDeviation"/>, for no normalization.</summary>
    public IReadOnlyList<double>? Mean { get; init; }

    /// <summary>Standard deviation of each channel over the training set, pixels in [0, 1].</summary>
    public IReadOnlyList<double>? StandardDeviation { get; init; }

    /// <summary>Which layer normalizes activations. The small-cnn has none and does not read it.</summary>
    public NormalizationLayer NormalizationLayer { get; init; } = NormalizationLayer.Batch;

    /// <summary>Whether batch norm has a second set of statistics, scale and shift, which training uses for clean images and evaluation never.</summary>
    public bool AuxiliaryNormalization { get; init; }

    /// <summary>What follows each normalization. Only DeepMind's networks were published with another one than ReLU.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>What the last linear layer reads.</summary>
    public HeadFeatures HeadFeatures { get; init; } = HeadFeatures.Raw;

    /// <summary>Returns the channel count of a layer whose published count is <paramref name="published"/>.</summary>
    internal int Scale(int published) => Math.Max(1, (int)Math.Round(published * WidthFactor));

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!ModelRegistry.Names.Contains(Name))
        {
            yield return new($"Name must be one of {string.Join(", ", ModelRegistry.Names)}, not '{Name}'.", [nameof(Name)]);
        }

        if (WidthFactor is not (> 0 and <= 64))
        {
            yield return new($"WidthFactor must be in (0, 64], not {WidthFactor}.", [nameof(WidthFactor)]);
        }

        if (ModelRegistry.HasDepth(Name) && (Depth is < 10 or > 202 || Depth % 6 != 4))
        {
            yield return new($"Depth must be 6n + 4 in [10, 202], such as 28 or 34, not {Depth}.", [nameof(Depth)]);
        }

        if (!Enum.IsDefined(Activation) || (Activation != Activation.Relu && !ModelRegistry.HasActivation(Name)))
        {
            yield return new($"Activation must be relu with {Name}, not {Activation}; the dm- networks also take silu.", [nameof(Activation)]);
        }

        if (!Enum.IsDefined(NormalizationLayer))
        {
            yield return new($"NormalizationLayer must be batch or group, not {NormalizationLayer}.", [nameof(NormalizationLayer)]);
        }

        if (AuxiliaryNormalization && (NormalizationLayer != NormalizationLayer.Batch || !ModelRegistry.HasNormalization(Name)))
        {
            yield return new($"AuxiliaryNormalization needs batch norm, and {Name} has none as it is asked for here.", [nameof(AuxiliaryNormalization)]);
        }

        foreach (var (name, value, low, high) in new[]
        {
            (nameof(Classes), Classes, 2, 100_000), (nameof(Channels), Channels, 1, 64),
            (nameof(Height), Height, 8, 1024), (nameof(Width), Width, 8, 1024),
        })
        {
            if (value < low || value > high)
            {
                yield return new($"{name} must be in [{low}, {high}], not {value}.", [name]);
            }
        }

        if (ModelRegistry.SizeMultiple(Name) is var multiple && (Height % multiple != 0 || Width % multiple != 0))
        {
            yield return new($"{Name} takes images whose height and width are multiples of {multiple}, not {Height}x{Width}: at others its padding and its shortcuts give different sizes.", [nameof(Height), nameof(Width)]);
        }

        if (Mean is null != StandardDeviation is null)
        {
            yield return new("Mean and StandardDeviation must be given together or not at all.", [nameof(Mean), nameof(StandardDeviation)]);
        }

        if (Mean is not null && (Mean.Count != Channels || !Mean.All(double.IsFinite)))
        {
            yield return new($"Mean must have {Channels} finite numbers, one for each channel, not [{string.Join(", ", Mean)}].", [nameof(Mean)]);
        }

        if (StandardDeviation is not null && (StandardDeviation.Count != Channels || !StandardDeviation.All(deviation => deviation > 0 && double.IsFinite(deviation))))
        {
            yield return new(
                $"StandardDeviation must have {Channels} positive numbers, one for each channel, not [{string.Join(", ", StandardDeviation)}].",
                [nameof(StandardDeviation)]);
        }
    }
}
