namespace Afa.Grains;

/// <summary>Calls that a trainer makes on grains from its device's thread, which blocks until they are answered.</summary>
/// <param name="scheduler">Of the trainer grain: calls leave from there.</param>
internal sealed class BlockingCalls(IGrainFactory grains, TaskScheduler scheduler, string run, int attempt)
{
    /// <summary>How long a trainer waits for others before it asks whether its attempt still stands.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>Starts a call. Its exception is seen, even if nobody waits for it any more.</summary>
    public Task<T> Start<T>(Func<IGrainFactory, Task<T>> call)
    {
        var started = Task.Factory.StartNew(() => call(grains), CancellationToken.None, TaskCreationOptions.None, scheduler).Unwrap();
        _ = started.ContinueWith(failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return started;
    }

    /// <summary>Waits for the answer, and for as long as the attempt stands.</summary>
    /// <exception cref="RoundAbandonedException">The attempt was given up.</exception>
    public T Wait<T>(Task<T> call)
    {
        while (Task.WaitAny([call], Patience) < 0)
        {
            RequireCurrent();
        }

        return call.GetAwaiter().GetResult();
    }

    /// <exception cref="RoundAbandonedException">The attempt was given up.</exception>
    public void RequireCurrent() => Start(async factory =>
    {
        await factory.GetGrain<IFeatureExchangeGrain>(run).RequireCurrentAsync(attempt);
        return true;
    }).GetAwaiter().GetResult();

    /// <summary>Asks until there is an answer.</summary>
    public static async Task<T> UntilThereAsync<T>(Func<Task<T?>> ask)
        where T : class
    {
        while (true)
        {
            if (await ask() is { } answer)
            {
                return answer;
            }
        }
    }
}
