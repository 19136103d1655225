using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Control;

/// <summary>Shows a sweep until it stops, and pauses it when the user asks.</summary>
internal sealed class SweepFollower(IAfaControl control, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns the status in which the sweep stopped: paused, completed or failed.</summary>
    /// <param name="known">What the user has already seen; null for a new sweep.</param>
    /// <param name="interrupt">Pauses the sweep. The steps under way are still finished.</param>
    public async Task<SweepStatus> FollowAsync(string sweep, SweepStatus? known, IProgressView view, CancellationToken interrupt)
    {
        var shown = new ShownSweep(control, view, known);
        var isPausing = false;
        while (true)
        {
            var status = await control.GetSweepAsync(sweep, CancellationToken.None)
                ?? throw new CommandFailedException($"Sweep '{sweep}' is no longer known to the cluster; was its folder deleted?");
            await shown.UpdateAsync(status);
            if (status.State is RunState.Paused or RunState.Completed or RunState.Failed)
            {
                return status;
            }

            if (interrupt.IsCancellationRequested && !isPausing)
            {
                isPausing = true;
                view.WriteLine("Pausing: the steps under way are finished and checkpoints are written. Ctrl-C again stops at once.");
                await control.PauseSweepAsync(sweep, CancellationToken.None);
            }

            await Task.Delay(Interval, clock, isPausing ? CancellationToken.None : interrupt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
