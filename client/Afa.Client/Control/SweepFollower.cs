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
        return await PausableWork.FollowAsync(
            LookAsync, status => status.State, () => control.PauseSweepAsync(sweep, CancellationToken.None),
            "the steps under way are finished and checkpoints are written", Interval, clock, view, interrupt);

        async Task<SweepStatus> LookAsync()
        {
            var status = await control.GetSweepAsync(sweep, CancellationToken.None)
                ?? throw new CommandFailedException($"Sweep '{sweep}' is no longer known to the cluster; was its folder deleted?");
            await shown.UpdateAsync(status);
            return status;
        }
    }
}
