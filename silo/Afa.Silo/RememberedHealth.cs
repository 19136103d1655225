using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Afa.Silo;

/// <summary>A check whose answer holds for a second: anybody may ask for health, and the store and the devices are not to be kept busy by that.</summary>
internal sealed class RememberedHealth(IHealthCheck check, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan s_holds = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private (long Begun, Task<HealthCheckResult> Answer)? _last;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (_last is not { } last || (last.Answer.IsCompleted && time.GetElapsedTime(last.Begun) > s_holds))
            {
                // Not with the caller's token: others wait for the same answer.
                _last = last = (time.GetTimestamp(), check.CheckHealthAsync(context, CancellationToken.None));
            }

            return last.Answer.WaitAsync(cancellationToken);
        }
    }
}
