using Afa.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Afa.Silo;

/// <summary>Whether the store can be reached.</summary>
internal sealed class StoreHealth(StoreLocation store) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            return await store.ExistsAsync(cancellationToken: cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The store is not there.");
        }
        catch (IOException exception)
        {
            return HealthCheckResult.Unhealthy("The store cannot be reached. The silo's log says why.", exception);   // Health is told to anybody, the store's address is not.
        }
    }
}
