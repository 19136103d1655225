using System.ComponentModel.DataAnnotations;

namespace Afa.Data;

/// <summary>Settings of <see cref="Augmentation"/>. Usual on CIFAR: a padding of 4 and flips. By default images stay as they are.</summary>
public sealed record AugmentationOptions : IValidatableObject
{
    private const int MaximumCropPadding = 16;

    /// <summary>Black pixels added on each side before a crop of the old size is taken at random; 0 takes no crop.</summary>
    public int CropPadding { get; init; }

    /// <summary>Whether every second image, at random, is mirrored left to right.</summary>
    public bool HorizontalFlip { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (CropPadding is < 0 or > MaximumCropPadding)
        {
            yield return new($"CropPadding must be in [0, {MaximumCropPadding}] pixels, not {CropPadding}; 4 is usual for images of 32 pixels.", [nameof(CropPadding)]);
        }
    }
}
