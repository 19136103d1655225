using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Control;

/// <summary>Shows a federation until it stops, and pauses it when the user asks.</summary>
internal sealed class FederationFollower(IAfaControl control, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns the status in which the federation stopped: paused, completed, failed or canceled.</summary>
    /// <param name="known">What the user has already seen; null for a new federation.</param>
    /// <param name="interrupt">Pauses the federation. The round under way is still finished.</param>
    public async Task<FederationStatus> FollowAsync(string federation, FederationStatus? known, IProgressView view, CancellationToken interrupt)
    {
        var shown = new ShownFederation(control, view, known);
        return await PausableWork.FollowAsync(
            LookAsync, status => status.State, () => control.PauseFederationAsync(federation, CancellationToken.None),
            "the round under way is finished", Interval, clock, view, interrupt);

        async Task<FederationStatus> LookAsync()
        {
            var status = await control.GetFederationAsync(federation, CancellationToken.None)
                ?? throw new CommandFailedException($"Federation '{federation}' is no longer known to the cluster; was its folder deleted?");
            await shown.UpdateAsync(status);
            return status;
        }
    }
}
