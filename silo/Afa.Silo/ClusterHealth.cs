using Afa.Grains;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Afa.Silo;

/// <summary>Whether the silo has joined the cluster and is not about to leave it.</summary>
internal sealed class ClusterHealth(ISiloStatusOracle oracle, SiloWork work) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        work.IsLeaving ? HealthCheckResult.Unhealthy("The silo is about to end.") :
        oracle.CurrentStatus == SiloStatus.Active ? HealthCheckResult.Healthy($"{oracle.GetApproximateSiloStatuses(onlyActive: true).Count} silos are active.") :
        HealthCheckResult.Unhealthy($"The silo is {oracle.CurrentStatus}."));
}
