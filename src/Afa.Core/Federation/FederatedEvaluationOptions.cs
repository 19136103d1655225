using System.ComponentModel.DataAnnotations;
using Afa.Attacks;

namespace Afa.Federation;

/// <summary>How the participants judge models on their own test images. Only counts leave a silo.</summary>
public sealed record FederatedEvaluationOptions : IValidatableObject
{
    /// <summary>Cascades as <see cref="AttackCascade.Parse"/> reads them.</summary>
    public IReadOnlyList<string> Attacks { get; init; } = ["pgd-20"];

    /// <summary>The model of every so many rounds is judged, and the last one always; 0: the last one only. Features without a trained head are not judged.</summary>
    public int EveryRounds { get; init; } = 1;

    /// <summary>Most test images of each participant.</summary>
    public int Images { get; init; } = 100;

    /// <summary>A count of fewer images than this does not leave its silo. An owner with fewer training images cannot take part, as its weight would tell how many.</summary>
    public int MinimumCount { get; init; } = 10;

    /// <summary>Names of further checkpoints that every participant judges at the end.</summary>
    public IReadOnlyList<string> Checkpoints { get; init; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (EveryRounds < 0)
        {
            yield return new($"Evaluation.EveryRounds must be 0 (the last only) or more, not {EveryRounds}.", [nameof(EveryRounds)]);
        }

        if (MinimumCount < 1)
        {
            yield return new($"Evaluation.MinimumCount must be at least 1, not {MinimumCount}.", [nameof(MinimumCount)]);
        }

        if (Images < MinimumCount)
        {
            yield return new($"Evaluation.Images must be at least MinimumCount ({MinimumCount}), not {Images}.", [nameof(Images)]);
        }
    }
}
