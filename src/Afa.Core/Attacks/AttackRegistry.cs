namespace Afa.Attacks;

/// <summary>The attacks that an evaluation can name.</summary>
public static class AttackRegistry
{
    private static readonly EvaluationAttack[] Known =
    [
        new("fgsm", "One step of length epsilon along the gradient of the cross-entropy, from the clean image: Goodfellow et al. 2015 (arXiv:1412.6572).", 1, 1, StartsAtRandom: false),
        new("pgd-10", "10 steps of epsilon / 4 on the cross-entropy, random start: Madry et al. 2018 (arXiv:1706.06083).", 10, 0.25, StartsAtRandom: true),
        new("pgd-20", "20 steps of epsilon / 4 on the cross-entropy, random start: Madry et al. 2018 (arXiv:1706.06083).", 20, 0.25, StartsAtRandom: true),
        new("pgd-50", "50 steps of epsilon / 10 on the cross-entropy, random start: Madry et al. 2018 (arXiv:1706.06083).", 50, 0.1, StartsAtRandom: true),
    ];

    /// <summary>All attacks, in order of strength.</summary>
    public static IReadOnlyList<EvaluationAttack> All => Known;

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = Known.Select(attack => attack.Name).ToArray();

    /// <exception cref="ArgumentException">No attack has that name; the message lists the known ones.</exception>
    public static EvaluationAttack Get(string name) =>
        Known.FirstOrDefault(attack => attack.Name == name)
        ?? throw new ArgumentException($"Unknown attack '{name}'; known: {string.Join(", ", Names)}.", nameof(name));
}

/// <summary>An attack of fixed strength, for a radius that is given later.</summary>
/// <param name="RelativeStepSize">Length of a step as a share of epsilon.</param>
public sealed record EvaluationAttack(string Name, string Description, int Steps, double RelativeStepSize, bool StartsAtRandom)
{
    /// <summary>The attack at one radius.</summary>
    public PgdOptions At(AttackNorm norm, double epsilon) => new() { Norm = norm, Epsilon = epsilon, StepSize = RelativeStepSize * epsilon, Steps = Steps };
}
