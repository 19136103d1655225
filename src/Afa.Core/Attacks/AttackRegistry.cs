using System.Globalization;
using System.Text.RegularExpressions;

namespace Afa.Attacks;

/// <summary>The attacks that an evaluation can name.</summary>
public static partial class AttackRegistry
{
    /// <summary>Name of all corruptions at all severities.</summary>
    public const string AllCorruptions = "corruptions";

    private const string TransferPrefix = "transfer:";
    private const int MostSteps = 100_000;
    private const int MostRestarts = 1_000;

    private static readonly AttackNorm[] s_all = Enum.GetValues<AttackNorm>();
    private static readonly AttackNorm[] s_boxAndBall = [AttackNorm.Linf, AttackNorm.L2];
    private static readonly Dictionary<string, AttackDescription> s_corruptions = Corruptions().ToDictionary(attack => attack.Name);

    /// <summary>Single attacks, in order of strength. PGD takes any number of steps and restarts: "pgd-100", "pgd-50-10".</summary>
    public static IReadOnlyList<AttackDescription> All { get; } =
    [
        new("fgsm", "One step of length epsilon along the gradient of the cross-entropy, from the clean image: Goodfellow et al. 2015 (arXiv:1412.6572).", AttackKind.Bounded, s_boxAndBall, 3,
            _ => new PgdAttack(new() { Steps = 1, RelativeStepSize = 1, StartsAtRandom = false })),
        Pgd("pgd-10", 10, 1),
        Pgd("pgd-20", 20, 1),
        Pgd("pgd-50", 50, 1),
        Pgd("pgd-50-10", 50, 10),
        new("feature", "20 steps of epsilon / 4 that push an image's features from those of its class, by AFA's own objective.", AttackKind.Bounded, s_boxAndBall, 41, _ => new FeatureAttack(new())),
        ApgdCrossEntropy,
        ApgdDlr,
        ApgdTargeted,
        FabUntargeted,
        FabTargeted,
        SquareAttack,
        new("deepfool", "Steps to the nearest linearized boundary: Moosavi-Dezfooli et al. 2016 (arXiv:1511.04599). Gives distances.", AttackKind.MinimumNorm, s_boxAndBall, 550, _ => new DeepFool(new())),
        new("cw", "The smallest L2 change with a negative margin, by Adam and a search over its weight: Carlini and Wagner 2017 (arXiv:1608.04644). Gives distances.", AttackKind.MinimumNorm, [AttackNorm.L2], 2_000, _ => new CarliniWagner(new())),
        new("fab-distance", "FAB-T that goes on to the smallest change it can find. Gives distances.", AttackKind.MinimumNorm, s_all, 2_700, _ => new Fab(new() { IsTargeted = true, FindsMinimumNorm = true })) { LeastClasses = 10 },
    ];

    /// <summary>APGD on the cross-entropy, as the standard version of AutoAttack runs it.</summary>
    internal static AttackDescription ApgdCrossEntropy => new(
        "apgd-ce", "AutoPGD on the cross-entropy, 100 steps: Croce and Hein 2020 (arXiv:2003.01690).", AttackKind.Bounded, s_all, 202,
        norm => new Apgd(new() { Loss = ApgdLoss.CrossEntropy, Restarts = norm == AttackNorm.L1 ? 5 : 1, UsesLargerRadii = norm == AttackNorm.L1 }));

    internal static AttackDescription ApgdDlr => new(
        "apgd-dlr", "AutoPGD on the difference of logits ratio, 100 steps: Croce and Hein 2020.", AttackKind.Bounded, s_all, 202,
        norm => new Apgd(new() { Loss = ApgdLoss.Dlr, UsesLargerRadii = norm == AttackNorm.L1 }))
    { LeastClasses = 3 };

    internal static AttackDescription ApgdTargeted => new(
        "apgd-t", "AutoPGD on the targeted difference of logits ratio, 100 steps for each of 9 classes (5 in L1): Croce and Hein 2020.", AttackKind.Bounded, s_all, 9 * 202,
        norm => new Apgd(new() { Loss = ApgdLoss.TargetedDlr, Targets = norm == AttackNorm.L1 ? 5 : 9, UsesLargerRadii = norm == AttackNorm.L1 }))
    { LeastClasses = 10 };

    internal static AttackDescription FabUntargeted => new(
        "fab", "Fast adaptive boundary attack towards all classes, 100 steps: Croce and Hein 2020 (arXiv:1907.02044).", AttackKind.Bounded, s_all, 1_100,
        _ => new Fab(new() { IsTargeted = false }));

    internal static AttackDescription FabTargeted => new(
        "fab-t", "Fast adaptive boundary attack, 100 steps towards each of 9 classes: Croce and Hein 2020.", AttackKind.Bounded, s_all, 9 * 300,
        _ => new Fab(new() { IsTargeted = true }))
    { LeastClasses = 10 };

    internal static AttackDescription SquareAttack => new(
        "square", "Square attack, 5,000 queries without gradients: Andriushchenko et al. 2020 (arXiv:1912.00049).", AttackKind.Bounded, s_all, 5_001, _ => new Square(new()));

    /// <summary>Names for messages and help.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. AutoAttack.Versions.Select(version => version.Name), .. All.Select(attack => attack.Name), "pgd-STEPS-RESTARTS", AllCorruptions, "transfer:CHECKPOINT"];

    /// <summary>Names of the corruptions, such as "fog-3".</summary>
    public static IReadOnlyCollection<string> CorruptionNames => s_corruptions.Keys;

    /// <summary>Replaces the name of a group by the names of its members.</summary>
    public static IEnumerable<string> Expand(string name) => name == AllCorruptions ? CorruptionNames : [name];

    /// <exception cref="ArgumentException">No attack has that name; the message lists the known ones.</exception>
    public static AttackDescription Get(string name)
    {
        if (All.FirstOrDefault(attack => attack.Name == name) is { } known)
        {
            return known;
        }

        if (s_corruptions.TryGetValue(name, out var corruption))
        {
            return corruption;
        }

        if (name.StartsWith(TransferPrefix, StringComparison.Ordinal) && name.Length > TransferPrefix.Length)
        {
            return Transfer(name);
        }

        var pgd = PgdName().Match(name);
        if (pgd.Success
            && int.TryParse(pgd.Groups["steps"].Value, CultureInfo.InvariantCulture, out var steps) && steps is >= 1 and <= MostSteps
            && int.TryParse(pgd.Groups["restarts"].Success ? pgd.Groups["restarts"].Value : "1", CultureInfo.InvariantCulture, out var restarts) && restarts is >= 1 and <= MostRestarts)
        {
            return Pgd(name, steps, restarts);
        }

        throw new ArgumentException($"Unknown attack '{name}'; known: {string.Join(", ", Names)}.", nameof(name));
    }

    [GeneratedRegex("^pgd-(?<steps>[1-9][0-9]*)(-(?<restarts>[1-9][0-9]*))?$")]
    private static partial Regex PgdName();

    /// <summary>Steps of epsilon / 4, or of epsilon / 10 from 50 steps on.</summary>
    private static AttackDescription Pgd(string name, int steps, int restarts)
    {
        var (share, text) = steps < 50 ? (0.25, "4") : (0.1, "10");
        var starts = restarts == 1 ? "random start" : $"{restarts} random starts";
        return new(
            name, $"{steps} steps of epsilon / {text} on the cross-entropy, {starts}: Madry et al. 2018 (arXiv:1706.06083).", AttackKind.Bounded, s_boxAndBall, 2 * steps * restarts,
            _ => new PgdAttack(new() { Steps = steps, RelativeStepSize = share, Restarts = restarts, StartsAtRandom = true }));
    }

    private static AttackDescription Transfer(string name)
    {
        var source = name[TransferPrefix.Length..];
        return ApgdCrossEntropy with
        {
            Name = name,
            Description = $"AutoPGD on the cross-entropy of {source}; its images are tried on this model.",
            Create = norm => new TransferAttack(ApgdCrossEntropy.Create(norm)),
            SourceCheckpoint = source,
        };
    }

    private static IEnumerable<AttackDescription> Corruptions() =>
        from kind in Enum.GetValues<CorruptionKind>()
        from severity in Enumerable.Range(Corruption.LeastSeverity, Corruption.MostSeverity)
        let name = string.Concat(kind.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"))
        select new AttackDescription(
            $"{name}-{severity}", $"{kind} at severity {severity} of 5: Hendrycks and Dietterich 2019 (arXiv:1903.12261).", AttackKind.Corruption, s_all, 1, _ => new Corruption(kind, severity))
        {
            LeastChannels = kind == CorruptionKind.Saturate ? 3 : 1,
        };
}
