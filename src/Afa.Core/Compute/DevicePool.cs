using static TorchSharp.torch;

namespace Afa.Compute;

/// <summary>The device slots of one process. A trainer or evaluator leases a slot for as long as it lives.</summary>
/// <remarks>
/// When every slot is leased, as after the loss of another silo, a lease gets a further thread on the same device rather than a
/// place in a queue: trainers wait for each other within a step, so two on one thread would wait for ever.
/// </remarks>
public sealed class DevicePool : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Stack<DeviceWorker> _free = [];
    private readonly List<DeviceWorker> _all = [];
    private readonly int _threads;

    /// <param name="slots">How many pieces of tensor work should run at once.</param>
    /// <param name="threads">Threads that one operation may use; cores / slots keeps every core busy once.</param>
    public DevicePool(int slots, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        NativeMemory.KeepFreed();
        Slots = slots;
        _threads = threads;
    }

    /// <summary>How many pieces of tensor work should run at once.</summary>
    public int Slots { get; }

    /// <summary>Threads that are at work now.</summary>
    public int Busy => Workers().Count(worker => worker.IsBusy);

    /// <summary>Pieces of work that wait for a thread.</summary>
    public int QueueLength => Workers().Sum(worker => worker.QueueLength);

    /// <summary>Gives the caller a worker of its own until it disposes the lease.</summary>
    public DeviceLease Lease()
    {
        lock (_lock)
        {
            if (!_free.TryPop(out var worker))
            {
                var device = cuda.is_available() ? new Device($"cuda:{_all.Count % cuda.device_count()}") : CPU;
                worker = new DeviceWorker($"device-{_all.Count}", device, _threads);
                _all.Add(worker);
            }

            return new DeviceLease(worker, Return);
        }
    }

    /// <summary>Gives the caller a worker as <see cref="Lease"/> does, if fewer than <see cref="Slots"/> are leased; else null.</summary>
    public DeviceLease? TryLease()
    {
        lock (_lock)
        {
            return _all.Count - _free.Count < Slots ? Lease() : null;
        }
    }

    public void Dispose()
    {
        foreach (var worker in _all)
        {
            worker.Dispose();
        }
    }

    private List<DeviceWorker> Workers()
    {
        lock (_lock)
        {
            return [.. _all];
        }
    }

    private void Return(DeviceWorker worker)
    {
        lock (_lock)
        {
            _free.Push(worker);
        }
    }
}
