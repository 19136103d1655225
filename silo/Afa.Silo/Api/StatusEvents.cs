using System.Runtime.CompilerServices;
using System.Text.Json;
using Afa.Grains;

namespace Afa.Silo.Api;

/// <summary>Follows work for those who watch it.</summary>
internal static class StatusEvents
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);

    /// <summary>The status at once, then whenever it has changed, until the work no longer runs or is gone.</summary>
    /// <param name="lookAsync">Asks for the status.</param>
    /// <param name="ending">The silo ends: so does the watching, as the silo would wait for it.</param>
    public static async IAsyncEnumerable<TStatus> WatchAsync<TStatus>(
        Func<CancellationToken, Task<TStatus?>> lookAsync, Func<TStatus, RunState> state, CancellationToken ending, [EnumeratorCancellation] CancellationToken stop = default)
        where TStatus : class
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ending, stop);
        byte[] shown = [];
        while (!either.IsCancellationRequested && await lookAsync(either.Token) is { } status)
        {
            var now = JsonSerializer.SerializeToUtf8Bytes(status, ApiJson.Options);
            if (!now.AsSpan().SequenceEqual(shown))
            {
                shown = now;
                yield return status;
            }

            if (state(status) is not (RunState.Pending or RunState.Running))
            {
                yield break;
            }

            await Task.Delay(s_interval, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
