using System.Collections.Concurrent;
using System.Diagnostics;
using static TorchSharp.torch;

namespace Afa.Compute;

/// <summary>One dedicated thread for the tensor work of one device slot. All tensors of the slot live and die on it.</summary>
/// <remarks>
/// libtorch's OpenMP team, its grad mode and TorchSharp's dispose scopes belong to a thread, and a CUDA context likes one thread.
/// Work may block, for example on an exchange with other trainers: the thread is not one of the pool's.
/// </remarks>
public sealed class DeviceWorker : IDisposable
{
    private readonly BlockingCollection<Action> _queue = [];
    private readonly Thread _thread;
    private volatile bool _isBusy;

    /// <param name="name">Of the slot, for thread lists.</param>
    /// <param name="device">The device that work on this slot uses.</param>
    /// <param name="threads">Threads that one operation may use on a CPU.</param>
    public DeviceWorker(string name, Device device, int threads)
    {
        Device = device;
        _thread = new Thread(() => Run(threads)) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>The device that work on this slot uses.</summary>
    public Device Device { get; }

    /// <summary>Pieces of work that wait.</summary>
    public int QueueLength => _queue.Count;

    /// <summary>Whether a piece of work is under way, be it that it waits for other trainers.</summary>
    public bool IsBusy => _isBusy;

    /// <summary>Queues work and completes when it has run; exceptions pass through. The caller's trace goes on in it, but nothing else of its context.</summary>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var activity = Activity.Current;
        _queue.Add(() =>
        {
            Activity.Current = activity;
            try
            {
                completion.SetResult(work());
            }
            catch (Exception exception)
            {
                completion.SetException(exception);
            }
            finally
            {
                Activity.Current = null;
            }
        });
        return completion.Task;
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(Action work) => RunAsync(() =>
    {
        work();
        return true;
    });

    /// <summary>Lets queued work finish and ends the thread.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        if (_thread != Thread.CurrentThread && _thread.Join(TimeSpan.FromSeconds(5)))
        {
            _queue.Dispose();   // Else work waits for an exchange that will not come: the thread ends with the process, and reads its queue until then.
        }
    }

    private void Run(int threads)
    {
        set_num_threads(threads);   // OpenMP keeps the number for each calling thread.
        foreach (var work in _queue.GetConsumingEnumerable())
        {
            _isBusy = true;
            work();
            _isBusy = false;
        }
    }
}
