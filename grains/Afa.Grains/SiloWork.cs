namespace Afa.Grains;

/// <summary>The training runs that a silo has a part in: the run's grain or a trainer. Known so that a silo that is to end can have them handed over.</summary>
public sealed class SiloWork
{
    private readonly Lock _lock = new();
    private readonly List<string> _runs = [];
    private volatile bool _isLeaving;

    /// <summary>The runs, each once.</summary>
    public IReadOnlyList<string> Runs
    {
        get
        {
            lock (_lock)
            {
                return [.. _runs.Distinct()];
            }
        }
    }

    /// <summary>Whether the silo is about to end and so takes up no work.</summary>
    public bool IsLeaving => _isLeaving;

    /// <summary>From now on nothing is taken up here.</summary>
    public void Leave() => _isLeaving = true;

    /// <summary>Notes a part in a run until what is returned is disposed.</summary>
    public IDisposable Begin(string run)
    {
        lock (_lock)
        {
            _runs.Add(run);
        }

        return new Part(this, run);
    }

    private sealed class Part(SiloWork work, string run) : IDisposable
    {
        public void Dispose()
        {
            lock (work._lock)
            {
                work._runs.Remove(run);
            }
        }
    }
}
