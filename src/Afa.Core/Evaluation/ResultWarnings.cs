namespace Afa.Evaluation;

/// <summary>Collects the reasons to doubt the figures of one checkpoint at one radius.</summary>
public static class ResultWarnings
{
    private const int MostNames = 5;

    /// <summary>What the units noticed, and what only shows in all of them together.</summary>
    /// <param name="units">All units of the pair.</param>
    /// <param name="attacks">Their pooled results.</param>
    /// <param name="classNames">Of the data set.</param>
    public static IReadOnlyList<string> Of(IReadOnlyList<UnitOutcome> units, IReadOnlyList<AttackResult> attacks, IReadOnlyList<string> classNames)
    {
        var squares = attacks
            .Select(attack => (attack.Total, attack.Stages, Square: attack.Stages.ToList().FindIndex(stage => stage.Attack == "square")))
            .Where(attack => attack.Square > 0)
            .Select(attack => ModelChecks.OnSquare((double)attack.Stages[attack.Square - 1].Correct / attack.Total, (double)attack.Stages[attack.Square].Correct / attack.Total));
        return
        [
            .. units.SelectMany(unit => unit.Warnings)
                .Append(ModelChecks.OnZeroGradients(units.Sum(unit => unit.Cascades.Sum(cascade => cascade.ZeroGradients))))
                .Concat(squares).Append(OnClasses(units, classNames)).OfType<string>().Distinct(),
        ];
    }

    private static string? OnClasses(IReadOnlyList<UnitOutcome> units, IReadOnlyList<string> classNames)
    {
        var found = units.SelectMany(unit => unit.Labels).ToHashSet();
        var missing = classNames.Where((_, label) => !found.Contains(label)).ToList();
        return missing.Count == 0 ? null
            : $"The evaluated images are of {found.Count} of the {classNames.Count} classes, so the figures say nothing about the others ({string.Join(", ", missing.Take(MostNames))}{(missing.Count > MostNames ? ", ..." : "")}): evaluate on more images.";
    }
}
