namespace Afa.Evaluation;

/// <summary>Collects the reasons to doubt the figures of one checkpoint at one radius.</summary>
public static class ResultWarnings
{
    /// <summary>What the units noticed, and what only shows in all of them together.</summary>
    /// <param name="units">All units of the pair.</param>
    /// <param name="attacks">Their pooled results.</param>
    public static IReadOnlyList<string> Of(IReadOnlyList<UnitOutcome> units, IReadOnlyList<AttackResult> attacks)
    {
        var squares = attacks
            .Select(attack => (attack.Total, attack.Stages, Square: attack.Stages.ToList().FindIndex(stage => stage.Attack == "square")))
            .Where(attack => attack.Square > 0)
            .Select(attack => ModelChecks.OnSquare((double)attack.Stages[attack.Square - 1].Correct / attack.Total, (double)attack.Stages[attack.Square].Correct / attack.Total));
        return
        [
            .. units.SelectMany(unit => unit.Warnings)
                .Append(ModelChecks.OnZeroGradients(units.Sum(unit => unit.Cascades.Sum(cascade => cascade.ZeroGradients))))
                .Concat(squares).OfType<string>().Distinct(),
        ];
    }
}
