using Afa.Client.Options;
using Afa.Grains;

namespace Afa.Client.Control;

/// <summary>What a name stands for: a training run, an evaluation or a sweep; the others are null.</summary>
internal sealed record NamedWork
{
    public TrainingRunStatus? Training { get; private init; }

    public EvaluationStatus? Evaluation { get; private init; }

    public SweepStatus? Sweep { get; private init; }

    /// <exception cref="UsageException">There is none; the message lists what there is.</exception>
    public static async Task<NamedWork> FindAsync(IAfaControl control, string name, CancellationToken cancellationToken)
    {
        var runs = await control.ListTrainingsAsync(cancellationToken);
        if (runs.FirstOrDefault(run => run.Run == name) is { } training)
        {
            return new() { Training = training };
        }

        var evaluations = await control.ListEvaluationsAsync(cancellationToken);
        if (evaluations.FirstOrDefault(evaluation => evaluation.Evaluation == name) is { } found)
        {
            return new() { Evaluation = found };
        }

        var sweeps = await control.ListSweepsAsync(cancellationToken);
        return sweeps.FirstOrDefault(sweep => sweep.Sweep == name) is { } sweep
            ? new() { Sweep = sweep }
            : throw ClosestName.Unknown(
                "run, evaluation or sweep", name, [.. runs.Select(run => run.Run), .. evaluations.Select(evaluation => evaluation.Evaluation), .. sweeps.Select(known => known.Sweep)]);
    }
}
