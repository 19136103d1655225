using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Control;

/// <summary>Shows an evaluation until it stops.</summary>
internal sealed class EvaluationFollower(IAfaControl control, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Returns the status in which the evaluation stopped: completed, failed, paused or canceled.</summary>
    /// <exception cref="OperationCanceledException">The user interrupted it.</exception>
    public async Task<EvaluationStatus> FollowAsync(string evaluation, IProgressView view, CancellationToken interrupt)
    {
        while (true)
        {
            var status = await control.GetEvaluationAsync(evaluation, interrupt)
                ?? throw new CommandFailedException($"Evaluation '{evaluation}' is no longer known to the cluster; was its folder deleted?");
            view.Update(EvaluationText.Progress(status));
            if (status.State is not (RunState.Pending or RunState.Running))
            {
                return status;
            }

            await Task.Delay(Interval, clock, interrupt);
        }
    }
}
