namespace Afa.Attacks;

/// <summary>The ensemble of Croce and Hein 2020 (arXiv:2003.01690) in its versions, with the settings of the reference implementation.</summary>
public static class AutoAttack
{
    private const string Standard = "autoattack";
    private const string Plus = "autoattack-plus";
    private const string Random = "autoattack-rand";
    private const int EotSamples = 20;

    /// <summary>The versions' names and what they are.</summary>
    public static IReadOnlyList<(string Name, string Description)> Versions { get; } =
    [
        (Standard, "AutoAttack standard: apgd-ce, apgd-t, fab-t, square. The measure of the RobustBench leaderboard."),
        (Plus, "AutoAttack plus: apgd-ce and apgd-dlr with 5 restarts, fab with 5 restarts, square, apgd-t, fab-t."),
        (Random, "AutoAttack for models with randomness: apgd-ce and apgd-dlr, each gradient a mean over 20 passes."),
    ];

    /// <summary>Whether this names a version of AutoAttack.</summary>
    public static bool IsVersion(string name) => Versions.Any(version => version.Name == name);

    /// <summary>The attacks of a version, in order.</summary>
    /// <exception cref="ArgumentException">There is no such version.</exception>
    public static IEnumerable<AttackStage> Stages(string version, AttackNorm norm) => Descriptions(version).Select(attack => new AttackStage(attack, attack.Create(norm)));

    private static AttackDescription[] Descriptions(string version) => version switch
    {
        Standard => [AttackRegistry.ApgdCrossEntropy, AttackRegistry.ApgdTargeted, AttackRegistry.FabTargeted, AttackRegistry.SquareAttack],
        Plus =>
        [
            AttackRegistry.ApgdCrossEntropy with { Passes = 5 * 202, Create = _ => new Apgd(new() { Loss = ApgdLoss.CrossEntropy, Restarts = 5 }) },
            AttackRegistry.ApgdDlr with { Passes = 5 * 202, Create = _ => new Apgd(new() { Loss = ApgdLoss.Dlr, Restarts = 5 }) },
            AttackRegistry.FabUntargeted with { Passes = 5 * 1_100, Create = _ => new Fab(new() { IsTargeted = false, Restarts = 5 }) },
            AttackRegistry.SquareAttack,
            AttackRegistry.ApgdTargeted with { Create = _ => new Apgd(new() { Loss = ApgdLoss.TargetedDlr }) },
            AttackRegistry.FabTargeted,
        ],
        Random =>
        [
            AttackRegistry.ApgdCrossEntropy with { Passes = EotSamples * 202, Create = _ => new Apgd(new() { Loss = ApgdLoss.CrossEntropy, EotSamples = EotSamples }) },
            AttackRegistry.ApgdDlr with { Passes = EotSamples * 202, Create = _ => new Apgd(new() { Loss = ApgdLoss.Dlr, EotSamples = EotSamples }) },
        ],
        _ => throw new ArgumentException($"Unknown version '{version}'; known: {string.Join(", ", Versions.Select(known => known.Name))}.", nameof(version)),
    };
}
