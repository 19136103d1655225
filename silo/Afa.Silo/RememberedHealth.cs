using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Afa.Silo;

/// <summary>
/// A check whose answer holds for a second, and takes ten at most: anybody may ask for health, which is not to keep the store and the devices busy,
/// and is not told what an exception says, such as addresses and folders.
/// </summary>
internal sealed class RememberedHealth(IHealthCheck check, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan s_holds = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private (long Begun, Task<HealthCheckResult> Answer)? _last;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (_last is not { } last || (last.Answer.IsCompleted && time.GetElapsedTime(last.Begun) > s_holds))
            {
                _last = last = (time.GetTimestamp(), LookAsync(context));
            }

            return last.Answer.WaitAsync(cancellationToken);   // Whoever gives up leaves the others their answer.
        }
    }

    private async Task<HealthCheckResult> LookAsync(HealthCheckContext context)
    {
        using var limit = new CancellationTokenSource(s_patience, time);
        try
        {
            return await Task.Run(() => check.CheckHealthAsync(context, limit.Token)).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            return HealthCheckResult.Unhealthy($"No answer within {s_patience.TotalSeconds} s.");
        }
        catch (Exception exception)
        {
            return HealthCheckResult.Unhealthy("It failed. The silo's log says why.", exception);
        }
    }
}
