using Afa.Client.Options;
using Afa.Grains;

namespace Afa.Client.Control;

/// <summary>What a name stands for: a training run or an evaluation; the other one is null.</summary>
internal sealed record NamedWork(TrainingRunStatus? Training, EvaluationStatus? Evaluation)
{
    /// <exception cref="UsageException">There is neither; the message lists what there is.</exception>
    public static async Task<NamedWork> FindAsync(IAfaControl control, string name, CancellationToken cancellationToken)
    {
        var (runs, evaluations) = (await control.ListTrainingsAsync(cancellationToken), await control.ListEvaluationsAsync(cancellationToken));
        return Find(runs, evaluations, name)
            ?? throw ClosestName.Unknown("run or evaluation", name, [.. runs.Select(run => run.Run), .. evaluations.Select(evaluation => evaluation.Evaluation)]);
    }

    /// <summary>Returns null if there is neither.</summary>
    public static async Task<NamedWork?> TryFindAsync(IAfaControl control, string name, CancellationToken cancellationToken) =>
        Find(await control.ListTrainingsAsync(cancellationToken), await control.ListEvaluationsAsync(cancellationToken), name);

    private static NamedWork? Find(IReadOnlyList<TrainingRunStatus> runs, IReadOnlyList<EvaluationStatus> evaluations, string name) =>
        runs.FirstOrDefault(run => run.Run == name) is { } training ? new(training, null)
        : evaluations.FirstOrDefault(evaluation => evaluation.Evaluation == name) is { } found ? new(null, found)
        : null;
}
