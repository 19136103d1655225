using Afa.Compute;

namespace Afa.Grains;

/// <summary>Lets as many participants of a silo work at a time as it has device slots; the others wait for their turn.</summary>
/// <remarks>A lease of the pool never waits, as trainers of one run must not. Participants do not wait for each other, so they can.</remarks>
public sealed class FederationSlots(DevicePool devices) : IDisposable
{
    private readonly SemaphoreSlim _free = new(devices.Slots, devices.Slots);

    /// <summary>Runs work on a device slot when it is its turn.</summary>
    public async Task<T> RunAsync<T>(Func<DeviceWorker, T> work, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        try
        {
            using var lease = devices.Lease();
            return await lease.Worker.RunAsync(() => work(lease.Worker));
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose() => _free.Dispose();
}
