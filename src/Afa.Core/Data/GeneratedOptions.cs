using System.ComponentModel.DataAnnotations;

namespace Afa.Data;

/// <summary>Generated images that are mixed into every batch of training: Wang et al. 2023 (arXiv:2302.04638).</summary>
public sealed record GeneratedOptions : IValidatableObject
{
    private const double DefaultFraction = 0.7;

    /// <summary>An <c>.npz</c> file of <c>image</c> (uint8 [image, height, width, channel]) and <c>label</c>, or a folder that <c>afa data convert</c> made of one. Null: none.</summary>
    public string? Path { get; init; }

    /// <summary>Share of each batch, in (0, 1).</summary>
    public double Fraction { get; init; } = DefaultFraction;

    /// <summary>How many of so many images are from the data set itself: the rest is generated. Rounded down, as in the authors' code.</summary>
    /// <param name="images">Images that a step takes from one shard.</param>
    public int Originals(int images) =>
        Path is null ? images : (int)Math.Floor((images * (1 - Fraction)) + 1e-9);   // 10 · (1 − 0.9) is a little less than 1.

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Fraction is not (> 0 and < 1))
        {
            yield return new($"Generated.Fraction must be in (0, 1), not {Fraction}; 0.7 means 70 % generated images.", [nameof(Fraction)]);
        }
        else if (Path is null && Fraction != DefaultFraction)
        {
            yield return new("Generated.Fraction needs Generated.Path, the file of generated images.", [nameof(Fraction)]);
        }
    }
}
