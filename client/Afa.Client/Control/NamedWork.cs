using Afa.Client.Options;
using Afa.Grains;

namespace Afa.Client.Control;

/// <summary>What a name stands for: a training run or an evaluation; the other one is null.</summary>
internal sealed record NamedWork(TrainingRunStatus? Training, EvaluationStatus? Evaluation)
{
    /// <exception cref="UsageException">There is neither; the message lists what there is.</exception>
    public static async Task<NamedWork> FindAsync(IAfaControl control, string name, CancellationToken cancellationToken)
    {
        var runs = await control.ListTrainingsAsync(cancellationToken);
        if (runs.FirstOrDefault(run => run.Run == name) is { } training)
        {
            return new(training, null);
        }

        var evaluations = await control.ListEvaluationsAsync(cancellationToken);
        return evaluations.FirstOrDefault(evaluation => evaluation.Evaluation == name) is { } found
            ? new(null, found)
            : throw ClosestName.Unknown("run or evaluation", name, [.. runs.Select(run => run.Run), .. evaluations.Select(evaluation => evaluation.Evaluation)]);
    }
}
