using System.ComponentModel.DataAnnotations;
using Afa.Attacks;
using Afa.Data;

namespace Afa.Evaluation;

/// <summary>What to evaluate in one job: every checkpoint under every attack at every radius.</summary>
public sealed record EvaluationOptions : IValidatableObject
{
    private const int MostPairs = 100_000;

    /// <summary>Names of checkpoints in the store.</summary>
    public IReadOnlyList<string> Checkpoints { get; init; } = [];

    /// <summary>Name from <see cref="DatasetRegistry"/> or the path of a folder. Null: what the first checkpoint was trained on.</summary>
    public string? Dataset { get; init; }

    /// <summary>Folder with the data set's files; null searches the usual places.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>How many test images, from the first on.</summary>
    public int Images { get; init; } = 1000;

    /// <summary>Cascades as <see cref="AttackCascade.Parse"/> reads them; "clean" is always evaluated.</summary>
    public IReadOnlyList<string> Attacks { get; init; } = ["fgsm", "pgd-20"];

    public AttackNorm Norm { get; init; } = AttackNorm.Linf;

    /// <summary>Radii in pixel units ([0, 1]), decimals or fractions such as "8/255". Empty: the data set's usual radius.</summary>
    public IReadOnlyList<string> Epsilons { get; init; } = [];

    /// <summary>How many images are attacked at a time on a device slot.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Every random draw depends on it, the attack, the sample and the restart only.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether the adversarial images are stored.</summary>
    public bool SaveAdversarial { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (DataDirectory is not null && Dataset is not null && DatasetRegistry.IsPath(Dataset))
        {
            yield return new($"DataDirectory says where the files of a data set with a name are; '{Dataset}' is a path already.", [nameof(DataDirectory)]);
        }

        if (Images < 1)
        {
            yield return new($"Images must be at least 1, not {Images}.", [nameof(Images)]);
        }

        if (BatchSize is < 1 or > 10_000)
        {
            yield return new($"BatchSize must be in [1, 10000], not {BatchSize}.", [nameof(BatchSize)]);
        }

        foreach (var epsilon in Epsilons)
        {
            if (Radius.Problem(epsilon, Norm) is { } problem)
            {
                yield return new($"Epsilon {problem}.", [nameof(Epsilons)]);
            }
        }

        foreach (var attack in Attacks)
        {
            if (Problem(attack) is { } problem)
            {
                yield return new(problem, [nameof(Attacks)]);
            }
        }

        if ((long)Checkpoints.Count * Math.Max(1, Epsilons.Count) > MostPairs)
        {
            yield return new($"{Checkpoints.Count} checkpoints at {Epsilons.Count} radii are more than {MostPairs} evaluations; split the job.", [nameof(Checkpoints)]);
        }
    }

    private string? Problem(string attack)
    {
        try
        {
            _ = AttackCascade.Parse([attack], Norm);
            return null;
        }
        catch (ArgumentException exception)
        {
            return exception.Message.Replace($" (Parameter '{exception.ParamName}')", "", StringComparison.Ordinal);
        }
    }
}
