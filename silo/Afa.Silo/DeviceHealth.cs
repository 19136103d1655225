using Afa.Compute;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Afa.Silo;

/// <summary>Whether the tensor library works on the silo's device slots: a slot that is free adds two numbers. Slots that are leased are at work.</summary>
internal sealed class DeviceHealth(DevicePool devices) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var lease = devices.TryLease();
        if (lease is null)
        {
            return HealthCheckResult.Healthy($"{devices}, all of them leased.");
        }

        var work = lease.Worker.RunAsync(() =>
        {
            using var scope = TorchSharp.torch.NewDisposeScope();
            return (TorchSharp.torch.ones(1, device: lease.Worker.Device) + 1).cpu().item<float>();
        });
        _ = work.ContinueWith(_ => lease.Dispose(), TaskScheduler.Default);   // Not when the wait ends: a device that hangs must not be leased to others.
        var sum = await work.WaitAsync(cancellationToken);
        return sum == 2 ? HealthCheckResult.Healthy($"{devices}.") : HealthCheckResult.Unhealthy($"1 + 1 gave {sum} on {lease.Worker.Device}.");
    }
}
