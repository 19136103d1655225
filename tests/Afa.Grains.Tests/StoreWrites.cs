namespace Afa.Tests.Grains;

/// <summary>Counts what is written for a federation, so that something can happen between any two steps of a round, and not only between two rounds.</summary>
internal sealed class StoreWrites
{
    private readonly Lock _lock = new();
    private string? _federation;
    private int _count;
    private int _models;
    private (int Count, TaskCompletionSource Reached)? _awaited;

    /// <summary>How much was written, heartbeats aside, which come by the clock.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>How often a new model was about to be stored; the first one, which is nobody's update, aside.</summary>
    public int Models
    {
        get
        {
            lock (_lock)
            {
                return _models;
            }
        }
    }

    /// <summary>Counts from 0, for another federation.</summary>
    public void Begin(string federation)
    {
        lock (_lock)
        {
            (_federation, _count, _models, _awaited) = (federation, 0, 0, null);
        }
    }

    /// <summary>Ends with the write of that number. One caller at a time.</summary>
    public Task ReachAsync(int count)
    {
        lock (_lock)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited = (count, reached);
            return _count >= count ? Task.CompletedTask : reached.Task;
        }
    }

    /// <summary>For <see cref="WatchedStore"/>: holds nothing up.</summary>
    public Task NoteAsync(string name)
    {
        lock (_lock)
        {
            if (_federation is not null && name.Contains(_federation, StringComparison.Ordinal) && !name.EndsWith("heartbeat.json", StringComparison.Ordinal))
            {
                _count++;
                _models += name.EndsWith("/state.json", StringComparison.Ordinal) && name.Contains("/step-", StringComparison.Ordinal) && !name.Contains("/step-00000000", StringComparison.Ordinal) ? 1 : 0;
                if (_awaited is { } awaited && _count >= awaited.Count)
                {
                    awaited.Reached.TrySetResult();
                }
            }
        }

        return Task.CompletedTask;
    }
}
