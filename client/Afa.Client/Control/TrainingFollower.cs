using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Control;

/// <summary>Shows a training run until it stops, and pauses it when the user asks.</summary>
internal sealed class TrainingFollower(IAfaControl control, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Returns the status in which the run stopped: paused, completed or failed.</summary>
    /// <param name="known">What the user has already seen; null for a new run.</param>
    /// <param name="interrupt">Pauses the run. Its last step is still finished.</param>
    public async Task<TrainingRunStatus> FollowAsync(string run, TrainingRunStatus? known, IProgressView view, CancellationToken interrupt)
    {
        var shown = new ShownTraining(view, known);
        return await PausableWork.FollowAsync(
            LookAsync, status => status.State, () => control.PauseTrainingAsync(run, CancellationToken.None),
            "the step under way is finished and a checkpoint is written", Interval, clock, view, interrupt);

        async Task<TrainingRunStatus> LookAsync()
        {
            var status = await control.GetTrainingAsync(run, CancellationToken.None)
                ?? throw new CommandFailedException($"Run '{run}' is no longer known to the cluster; was its folder deleted?");
            shown.Update(status);
            return status;
        }
    }
}
