using Afa.Attacks;
using Afa.Data;
using Afa.Evaluation;

namespace Afa.Tests.Evaluation;

/// <summary>Records of two units and eight images that can be followed by hand; the attacks that they name never run.</summary>
internal static class SampleUnits
{
    public static DatasetDescription Dataset { get; } = DatasetRegistry.Get("fashion-mnist") with { ClassNames = ["shirt", "coat"] };

    /// <summary>A cascade of two stages, an attack that measures distances and a corruption.</summary>
    public static IReadOnlyList<AttackCascade> Cascades { get; } =
    [
        new("two", [Stage("first", AttackKind.Bounded), Stage("second", AttackKind.Bounded)]),
        new("near", [Stage("near", AttackKind.MinimumNorm)]),
        new("fog-1", [Stage("fog-1", AttackKind.Corruption)]),
    ];

    /// <summary>Four images, of which 0, 1 and 3 are right: image 1 is broken by stage 0 and the fog, image 3 by stage 1.</summary>
    public static UnitOutcome First { get; } = Unit(
        start: 0,
        labels: [0, 0, 1, 1],
        predictions: [0, 0, 0, 1],
        [
            new CascadeOutcome { Attack = "two", BrokenBy = [null, 0, null, 1], Norms = [0, 0.08, 0, 0.1], StageSeconds = [2, 1] },
            new CascadeOutcome { Attack = "near", BrokenBy = [null, 0, null, null], Norms = [0, 0.05, 0, 0], Distances = [0.15, 0.05, null, 0.13], StageSeconds = [4] },
            new CascadeOutcome { Attack = "fog-1", BrokenBy = [null, 0, null, null], Norms = [0, 3, 0, 0], StageSeconds = [0.5] },
        ]);

    /// <summary>Four images, all right: image 5 is broken by the nearest-image attack, image 6 by the fog only, image 7 by nothing.</summary>
    public static UnitOutcome Second { get; } = Unit(
        start: 4,
        labels: [0, 0, 1, 1],
        predictions: [0, 0, 1, 1],
        [
            new CascadeOutcome { Attack = "two", BrokenBy = [0, null, null, null], Norms = [0.1, 0, 0, 0], StageSeconds = [3, 2] },
            new CascadeOutcome { Attack = "near", BrokenBy = [null, 0, null, null], Norms = [0, 0.02, 0, 0], Distances = [0.12, 0.02, 0.18, null], StageSeconds = [5] },
            new CascadeOutcome { Attack = "fog-1", BrokenBy = [null, null, 0, null], Norms = [0, 0, 3, 0], StageSeconds = [0.5] },
        ]);

    private static UnitOutcome Unit(int start, int[] labels, int[] predictions, CascadeOutcome[] cascades) => new()
    {
        Unit = new EvaluationUnit(0, 0, start, labels.Length),
        SampleIds = [.. Enumerable.Range(start, labels.Length)],
        Labels = labels,
        Predictions = predictions,
        CleanSeconds = 0.25,
        Cascades = cascades,
    };

    private static AttackStage Stage(string name, AttackKind kind) =>
        new(new AttackDescription(name, name, kind, [AttackNorm.Linf], 1, _ => new NeverRuns()), new NeverRuns());

    private sealed class NeverRuns : IAttack
    {
        public AttackOutcome Run(AttackInput input) => throw new InvalidOperationException("The records are written by hand; no attack is to run.");
    }
}
