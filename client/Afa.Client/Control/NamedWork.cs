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
        var (runs, evaluations, sweeps) = await ListAsync(control, cancellationToken);
        return Find(runs, evaluations, sweeps, name)
            ?? throw ClosestName.Unknown(
                "run, evaluation or sweep", name, [.. runs.Select(run => run.Run), .. evaluations.Select(evaluation => evaluation.Evaluation), .. sweeps.Select(sweep => sweep.Sweep)]);
    }

    /// <summary>Returns null if there is none.</summary>
    public static async Task<NamedWork?> TryFindAsync(IAfaControl control, string name, CancellationToken cancellationToken)
    {
        var (runs, evaluations, sweeps) = await ListAsync(control, cancellationToken);
        return Find(runs, evaluations, sweeps, name);
    }

    private static async Task<(IReadOnlyList<TrainingRunStatus> Runs, IReadOnlyList<EvaluationStatus> Evaluations, IReadOnlyList<SweepStatus> Sweeps)> ListAsync(
        IAfaControl control, CancellationToken cancellationToken) =>
        (await control.ListTrainingsAsync(cancellationToken), await control.ListEvaluationsAsync(cancellationToken), await control.ListSweepsAsync(cancellationToken));

    private static NamedWork? Find(
        IReadOnlyList<TrainingRunStatus> runs, IReadOnlyList<EvaluationStatus> evaluations, IReadOnlyList<SweepStatus> sweeps, string name) =>
        runs.FirstOrDefault(run => run.Run == name) is { } training ? new() { Training = training }
        : evaluations.FirstOrDefault(evaluation => evaluation.Evaluation == name) is { } evaluated ? new() { Evaluation = evaluated }
        : sweeps.FirstOrDefault(sweep => sweep.Sweep == name) is { } swept ? new() { Sweep = swept }
        : null;
}
