using System.ComponentModel.DataAnnotations;

namespace Afa.Sweeps;

/// <summary>All trials of a sweep, with nothing left open but the checkpoints.</summary>
public sealed record SweepPlan : IValidatableObject
{
    /// <summary>Options that grid and random vary, in their order.</summary>
    public IReadOnlyList<string> Varied { get; init; } = [];

    public required IReadOnlyList<SweepPoint> Points { get; init; }

    /// <summary>In the order in which they start: every point with the first seed comes before the second seed, so that each is seen early.</summary>
    public required IReadOnlyList<SweepTrial> Trials { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Trials.Count is < 1 or > SweepSpace.MostTrials)
        {
            yield return new($"A sweep has 1 to {SweepSpace.MostTrials} trials, not {Trials.Count}.", [nameof(Trials)]);
        }

        if (Trials.DistinctBy(trial => trial.Name).Count() < Trials.Count)
        {
            yield return new("Two trials of a sweep have the same name.", [nameof(Trials)]);
        }

        foreach (var trial in Trials)
        {
            if (Points.All(point => point.Name != trial.Point))
            {
                yield return new($"trial '{trial.Name}': there is no point '{trial.Point}'.", [nameof(Points)]);
            }

            foreach (var options in new object[] { trial.Training, trial.Evaluation })
            {
                var found = new List<ValidationResult>();
                Validator.TryValidateObject(options, new ValidationContext(options), found, validateAllProperties: true);
                foreach (var problem in found)
                {
                    yield return new($"trial '{trial.Name}': {problem.ErrorMessage}", problem.MemberNames);
                }
            }
        }
    }
}
