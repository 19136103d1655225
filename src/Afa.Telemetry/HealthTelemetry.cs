using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Afa.Telemetry;

/// <summary>What the silo's health checks found when they were last made: meter <c>afa.health</c>.</summary>
internal sealed class HealthTelemetry(IMeterFactory meters) : IHealthCheckPublisher
{
    private readonly Gauge<int> _status = meters.Create("afa.health").CreateGauge<int>("afa.health.status", description: "1 if a health check passed when it was last made, else 0.");

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var (check, entry) in report.Entries)
        {
            _status.Record(entry.Status == HealthStatus.Unhealthy ? 0 : 1, new KeyValuePair<string, object?>("check", check));
        }

        return Task.CompletedTask;
    }
}
