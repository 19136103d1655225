using System.ComponentModel.DataAnnotations;
using Afa.Attacks;

namespace Afa.Evaluation;

/// <summary>What to evaluate, on which images and with which attacks.</summary>
public sealed record EvaluationOptions : IValidatableObject
{
    /// <summary>Name of a checkpoint in the store.</summary>
    public string Checkpoint { get; init; } = "";

    /// <summary>Null: what the checkpoint was trained on.</summary>
    public string? Dataset { get; init; }

    /// <summary>Folder with the data set's files; null searches the usual places.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>How many test images, from the first on.</summary>
    public int Images { get; init; } = 1000;

    /// <summary>Names from <see cref="AttackRegistry"/>; "clean" is always evaluated.</summary>
    public IReadOnlyList<string> Attacks { get; init; } = ["fgsm", "pgd-20"];

    public AttackNorm Norm { get; init; } = AttackNorm.Linf;

    /// <summary>Radius in pixel units ([0, 1]), a decimal or a fraction such as "8/255". Null: the data set's usual radius.</summary>
    public string? Epsilon { get; init; }

    public int BatchSize { get; init; } = 250;

    public ulong Seed { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Images < 1)
        {
            yield return new($"Images must be at least 1, not {Images}.", [nameof(Images)]);
        }

        if (BatchSize is < 1 or > 10_000)
        {
            yield return new($"BatchSize must be in [1, 10000], not {BatchSize}.", [nameof(BatchSize)]);
        }

        if (Epsilon is not null && Radius.Problem(Epsilon, Norm) is { } problem)
        {
            yield return new($"Epsilon {problem}.", [nameof(Epsilon)]);
        }

        foreach (var attack in Attacks.Where(attack => !AttackRegistry.Names.Contains(attack)))
        {
            yield return new($"Unknown attack '{attack}'; known: {string.Join(", ", AttackRegistry.Names)}.", [nameof(Attacks)]);
        }
    }
}
