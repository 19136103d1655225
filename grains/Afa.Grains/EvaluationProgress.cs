using Afa.Evaluation;

namespace Afa.Grains;

/// <summary>Sums up how far an evaluation is, from its records and from what its slots report.</summary>
internal sealed class EvaluationProgress(EvaluationJob job)
{
    private readonly Dictionary<EvaluationUnit, UnitReport> _working = [];

    /// <summary>Images of all checkpoints and radii.</summary>
    public int Images { get; } = job.Options.Checkpoints.Count * job.Options.Epsilons.Count * job.Options.Images;

    /// <summary>A slot works on a unit.</summary>
    public void Update(EvaluationUnit unit, UnitReport report) => _working[unit] = report;

    /// <summary>A slot no longer works on a unit.</summary>
    public void Remove(EvaluationUnit unit) => _working.Remove(unit);

    /// <summary>Share of the work that is done, in [0, 1].</summary>
    public double Share(IEnumerable<UnitOutcome> outcomes) =>
        (outcomes.Sum(outcome => outcome.Unit.Count) + _working.Sum(entry => entry.Value.Share * entry.Key.Count)) / Images;

    /// <summary>What the slots do.</summary>
    public IReadOnlyList<string> Working => [.. _working.Select(entry => $"{job.Options.Checkpoints[entry.Key.Checkpoint]}{Radius(entry.Key)}: {entry.Value.Attack}")];

    /// <summary>Counts what stands, attack by attack.</summary>
    public IReadOnlyList<AttackStanding> Standing(IReadOnlyCollection<UnitOutcome> outcomes)
    {
        var standing = new List<AttackStanding>
        {
            new(RobustAccuracy.Clean, outcomes.Sum(outcome => outcome.CleanCorrect.Count(isCorrect => isCorrect)), outcomes.Sum(outcome => outcome.Unit.Count)),
        };
        foreach (var (index, cascade) in job.Cascades.Index())
        {
            var working = _working.Where(entry => entry.Value.Standing.Count > index).ToList();
            standing.Add(new AttackStanding(
                cascade.Name,
                outcomes.Sum(outcome => outcome.CleanCorrect.Zip(outcome.Cascades[index].BrokenBy).Count(sample => sample.First && sample.Second is null)) + working.Sum(entry => entry.Value.Standing[index]),
                outcomes.Sum(outcome => outcome.Unit.Count) + working.Sum(entry => entry.Key.Count)));
        }

        return standing;
    }

    private string Radius(EvaluationUnit unit) => job.Options.Epsilons.Count > 1 ? $" at {job.Options.Epsilons[unit.Epsilon]}" : "";
}
