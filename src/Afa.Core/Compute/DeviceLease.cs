namespace Afa.Compute;

/// <summary>The right to one device slot. Dispose it when no tensor of the holder is left on the slot.</summary>
public sealed class DeviceLease(DeviceWorker worker, Action<DeviceWorker> giveBack) : IDisposable
{
    private Action<DeviceWorker>? _giveBack = giveBack;

    /// <summary>The slot's thread.</summary>
    public DeviceWorker Worker { get; } = worker;

    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke(Worker);
}
