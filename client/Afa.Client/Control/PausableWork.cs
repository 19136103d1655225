using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Control;

/// <summary>Work that goes on in the cluster until it stops by itself, or until the user asks for a pause.</summary>
internal static class PausableWork
{
    /// <summary>Looks again and again; returns the status in which the work stopped: paused, completed, failed or canceled.</summary>
    /// <param name="lookAsync">Gets the status and shows it.</param>
    /// <param name="state">Reads a status.</param>
    /// <param name="pauseAsync">Asks for the pause; the work may go on a little.</param>
    /// <param name="whatIsFinished">What happens before it rests, to complete "Pausing: …".</param>
    /// <param name="interrupt">The user asks for a pause.</param>
    public static async Task<T> FollowAsync<T>(
        Func<Task<T>> lookAsync, Func<T, RunState> state, Func<Task> pauseAsync, string whatIsFinished, TimeSpan interval, TimeProvider clock, IProgressView view, CancellationToken interrupt)
    {
        var isPausing = false;
        while (true)
        {
            var status = await lookAsync();
            if (state(status) is not (RunState.Pending or RunState.Running))
            {
                return status;
            }

            if (interrupt.IsCancellationRequested && !isPausing)
            {
                isPausing = true;
                view.WriteLine($"Pausing: {whatIsFinished}. Ctrl-C again stops at once.");
                await pauseAsync();
            }

            await Task.Delay(interval, clock, isPausing ? CancellationToken.None : interrupt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
