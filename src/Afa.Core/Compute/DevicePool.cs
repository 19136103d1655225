using static TorchSharp.torch;

namespace Afa.Compute;

/// <summary>The device slots of one process. A trainer or evaluator leases a slot for as long as it lives.</summary>
/// <remarks>
/// When every slot is leased, as after the loss of another silo, a lease gets a further thread on the same device rather than a
/// place in a queue: trainers wait for each other within a step, so two on one thread would wait for ever. Of several GPUs the one with the fewest leases is taken.
/// </remarks>
public sealed class DevicePool : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<DeviceWorker> _free = [];
    private readonly List<DeviceWorker> _all = [];
    private readonly IReadOnlyList<Device> _devices;
    private readonly int _threads;

    /// <summary>Makes slots whose threads share the cores. For GPUs, arithmetic of the whole process becomes exact: <see cref="CudaEngine.MakeExact"/>.</summary>
    /// <exception cref="NotSupportedException">The process cannot have these slots: <see cref="DeviceSlots.Problem()"/>.</exception>
    public DevicePool(DeviceSlots slots) : this(DevicesOf(slots))
    {
    }

    /// <summary>Makes slots on the CPU.</summary>
    /// <param name="slots">How many pieces of tensor work should run at once.</param>
    /// <param name="threads">Threads that one operation may use; cores / slots keeps every core busy once.</param>
    public DevicePool(int slots, int threads) : this(DeviceSlots.Cpu(slots).Devices(CudaEngine.Count), threads)
    {
    }

    /// <param name="devices">Of each slot.</param>
    /// <param name="threads">Threads that one operation may use on the CPU.</param>
    internal DevicePool(IReadOnlyList<Device> devices, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        NativeMemory.KeepFreed();
        Slots = devices.Count;
        _devices = [.. devices.DistinctBy(device => device.ToString())];
        _threads = threads;
    }

    private DevicePool(IReadOnlyList<Device> devices) : this(devices, Math.Max(1, Environment.ProcessorCount / devices.Count))
    {
    }

    /// <summary>How many pieces of tensor work should run at once.</summary>
    public int Slots { get; }

    /// <summary>What the slots compute on: "cpu" or "cuda".</summary>
    public string Kind => _devices[0].type.ToString().ToLowerInvariant();

    /// <summary>Threads that are at work now.</summary>
    public int Busy => Workers().Count(worker => worker.IsBusy);

    /// <summary>Pieces of work that wait for a thread.</summary>
    public int QueueLength => Workers().Sum(worker => worker.QueueLength);

    /// <summary>Gives the caller a worker of its own until it disposes the lease.</summary>
    public DeviceLease Lease()
    {
        lock (_lock)
        {
            var device = _devices.MinBy(Leases)!;
            var worker = _free.FindLast(free => free.Device == device);
            if (worker is null)
            {
                worker = new DeviceWorker($"device-{_all.Count}", device, _threads);
                _all.Add(worker);
            }

            _free.Remove(worker);
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

    /// <summary>As a message names the slots: "2 slots on cuda:0, cuda:1".</summary>
    public override string ToString() => $"{Slots} slot{(Slots == 1 ? "" : "s")} on {string.Join(", ", _devices)}";

    public void Dispose()
    {
        foreach (var worker in _all)
        {
            worker.Dispose();
        }
    }

    private static IReadOnlyList<Device> DevicesOf(DeviceSlots slots)
    {
        if (slots.Problem() is { } problem)
        {
            throw new NotSupportedException(problem);
        }

        var devices = slots.Devices(CudaEngine.Count);
        if (devices[0].type == TorchSharp.DeviceType.CUDA)
        {
            CudaEngine.MakeExact();
        }

        return devices;
    }

    private int Leases(Device device) => _all.Count(worker => worker.Device == device) - _free.Count(worker => worker.Device == device);

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
            _free.Add(worker);
        }
    }
}
