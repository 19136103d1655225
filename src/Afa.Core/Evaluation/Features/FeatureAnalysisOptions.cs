using System.ComponentModel.DataAnnotations;
using Afa.Attacks;

namespace Afa.Evaluation.Features;

/// <summary>What feature space to look at: of one checkpoint, clean and under PGD-20 in one ball.</summary>
public sealed record FeatureAnalysisOptions : IValidatableObject
{
    private const int MostImages = 5000;

    /// <summary>Name of the checkpoint in the store.</summary>
    public string Checkpoint { get; init; } = "";

    /// <summary>Null: what the checkpoint was trained on.</summary>
    public string? Dataset { get; init; }

    /// <summary>Folder with the data set's files; null searches the usual places.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>How many test images, from the first on.</summary>
    public int Images { get; init; } = 1000;

    /// <summary>Linf or L2.</summary>
    public AttackNorm Norm { get; init; } = AttackNorm.Linf;

    /// <summary>Radius in pixel units, a decimal or a fraction such as "8/255"; null: the data set's usual radius.</summary>
    public string? Epsilon { get; init; }

    /// <summary>Every random draw depends on it and the sample only.</summary>
    public ulong Seed { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Images is < 2 or > MostImages)
        {
            yield return new($"Images must be in [2, {MostImages}] for a feature analysis, which compares all pairs, not {Images}.", [nameof(Images)]);
        }

        if (Norm is not (AttackNorm.Linf or AttackNorm.L2))
        {
            yield return new($"A feature analysis attacks with PGD, which works in Linf and L2, not in {Norm}; choose one of these and a radius.", [nameof(Norm)]);
        }
        else if (Epsilon is not null && Radius.Problem(Epsilon, Norm) is { } problem)
        {
            yield return new($"Epsilon {problem}.", [nameof(Epsilon)]);
        }
    }
}
