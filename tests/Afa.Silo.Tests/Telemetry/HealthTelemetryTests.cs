using Afa.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Xunit;

namespace Afa.Tests.Silo.Telemetry;

public sealed class HealthTelemetryTests : IDisposable
{
    private readonly Measurements _measured = new();
    private readonly ServiceProvider _services;

    public HealthTelemetryTests()
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(_measured.Factory).AddAfaHealthTelemetry();
        services.AddHealthChecks().AddCheck("store", () => HealthCheckResult.Healthy());
        _services = services.BuildServiceProvider();
    }

    public void Dispose()
    {
        _services.Dispose();
        _measured.Dispose();
    }

    [Fact]
    public async Task PublishAsync_ShowsWhatEachCheckFoundLast()
    {
        var publisher = _services.GetRequiredService<IHealthCheckPublisher>();
        await publisher.PublishAsync(Report(HealthStatus.Healthy, HealthStatus.Unhealthy), CancellationToken.None);
        Assert.Equal((1, 0), (_measured["afa.health.status{check=store}"], _measured["afa.health.status{check=devices}"]));

        await publisher.PublishAsync(Report(HealthStatus.Unhealthy, HealthStatus.Degraded), CancellationToken.None);
        Assert.Equal((0, 1), (_measured["afa.health.status{check=store}"], _measured["afa.health.status{check=devices}"]));
    }

    [Fact]
    public void Checks_HaveALimitOfTheirOwn() => Assert.All(
        _services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations, check => Assert.InRange(check.Timeout, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20)));

    private static HealthReport Report(HealthStatus store, HealthStatus devices) => new(
        new Dictionary<string, HealthReportEntry> { ["store"] = Entry(store), ["devices"] = Entry(devices) }, TimeSpan.Zero);

    private static HealthReportEntry Entry(HealthStatus status) => new(status, description: null, TimeSpan.Zero, exception: null, data: null);
}
