using System.ComponentModel.DataAnnotations;

namespace Afa.Losses;

/// <summary>Which views of the batch take a role in <see cref="AfaLoss"/>.</summary>
public enum FeatureViews
{
    /// <summary>The adversarial images only (allowed as anchors).</summary>
    Adversarial,

    /// <summary>The clean images only (allowed as contrast).</summary>
    Clean,

    /// <summary>Clean and adversarial images.</summary>
    Both,
}

/// <summary>
/// Switches of the AFA loss. The paper's equations could not be read, so each open choice is a switch; the defaults are the
/// reconstruction that the README describes.
/// </summary>
public sealed record AfaLossOptions : IValidatableObject
{
    /// <summary>τ, which divides cosine similarities.</summary>
    public double Temperature { get; init; } = 0.1;

    /// <summary>Whose features are pulled to their class: Adversarial or Both.</summary>
    public FeatureViews Anchors { get; init; } = FeatureViews.Adversarial;

    /// <summary>What anchors are compared with in the loss that the weights minimize: Clean or Both.</summary>
    public FeatureViews Contrast { get; init; } = FeatureViews.Both;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Temperature is not (> 0 and <= 100))
        {
            yield return new($"Afa.Temperature must be in (0, 100], not {Temperature}; 0.1 is usual.", [nameof(Temperature)]);
        }

        if (Anchors is not (FeatureViews.Adversarial or FeatureViews.Both))
        {
            yield return new($"Afa.Anchors must be Adversarial or Both, not {Anchors}.", [nameof(Anchors)]);
        }

        if (Contrast is not (FeatureViews.Clean or FeatureViews.Both))
        {
            yield return new($"Afa.Contrast must be Clean or Both, not {Contrast}.", [nameof(Contrast)]);
        }
    }
}
