namespace Afa.Grains;

/// <summary>Where the ranks of a run meet, round after round: the last to come makes the result that all of them get.</summary>
/// <param name="combine">Makes the result from the contributions in rank order.</param>
/// <param name="release">Called once with each contribution that will not be read any more.</param>
internal sealed class Rendezvous<TPart, TResult>(Func<TPart[], TResult> combine, Action<TPart> release, TimeProvider time)
    where TPart : class
    where TResult : class
{
    private static readonly TimeSpan s_while = TimeSpan.FromSeconds(5);

    private readonly Dictionary<(int Attempt, long Round), Meeting> _meetings = [];
    private int _abandoned;
    private int _newest;

    /// <summary>Waits for the other ranks. A rank that comes twice, because a call was repeated, counts once.</summary>
    /// <exception cref="RoundAbandonedException">The attempt is or becomes abandoned.</exception>
    public Task<TResult> JoinAsync(RoundMember member, TPart contribution)
    {
        if (member.Attempt <= _abandoned || member.Attempt < _newest)
        {
            release(contribution);
            throw new RoundAbandonedException($"Attempt {member.Attempt} of the run was given up; rank {member.Rank} came too late.");
        }

        _newest = Math.Max(_newest, member.Attempt);

        // A rank in round r has its result of round r - 1, but another may still repeat its call for that one.
        foreach (var old in _meetings.Keys.Where(key => key.Attempt < member.Attempt || (key.Attempt == member.Attempt && key.Round < member.Round - 1)).ToList())
        {
            Dissolve(old, $"Attempt {old.Attempt} was overtaken by attempt {member.Attempt}, round {member.Round}.");
        }

        var id = (member.Attempt, member.Round);
        if (!_meetings.TryGetValue(id, out var meeting))
        {
            _meetings[id] = meeting = new Meeting(member.Count);
        }

        if (meeting.Result.Task.IsCompleted)
        {
            release(contribution);
        }
        else
        {
            meeting.Take(member.Rank, contribution, release);
            if (meeting.Contributions.All(part => part is not null))
            {
                Combine(meeting);
            }
        }

        return meeting.Result.Task;
    }

    /// <summary>Joins, as <see cref="JoinAsync"/> does, and waits some seconds; null if not all have come by then.</summary>
    /// <remarks>
    /// When a silo dies, Orleans deactivates the grains on other silos that were registered with it. It waits for the calls within, and
    /// keeps new ones waiting: a call that waited for a rank of the dead silo would never hear that its attempt is given up.
    /// </remarks>
    public async Task<TResult?> JoinForAWhileAsync(RoundMember member, TPart contribution)
    {
        try
        {
            return await JoinAsync(member, contribution).WaitAsync(s_while, time);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <exception cref="RoundAbandonedException">The attempt was given up, or a later one has begun.</exception>
    public void RequireCurrent(int attempt)
    {
        if (attempt <= _abandoned || attempt < _newest)
        {
            throw new RoundAbandonedException($"Attempt {attempt} of the run was given up.");
        }
    }

    /// <summary>Gives up this attempt and all before.</summary>
    public void Abandon(int attempt)
    {
        _abandoned = Math.Max(_abandoned, attempt);
        foreach (var id in _meetings.Keys.Where(key => key.Attempt <= attempt).ToList())
        {
            Dissolve(id, $"Attempt {id.Attempt} of the run was given up in round {id.Round}: a member is gone.");
        }
    }

    private void Combine(Meeting meeting)
    {
        try
        {
            meeting.Result.SetResult(combine(meeting.Contributions!));
        }
        catch (Exception exception)
        {
            meeting.Result.SetException(exception);   // For all: whoever is not told waits.
        }
        finally
        {
            meeting.Release(release);
        }
    }

    private void Dissolve((int, long) id, string reason)
    {
        if (_meetings.Remove(id, out var meeting))
        {
            meeting.Release(release);
            meeting.Result.TrySetException(new RoundAbandonedException(reason));
            _ = meeting.Result.Task.Exception;   // Seen, should nobody wait.
        }
    }

    private sealed class Meeting(int count)
    {
        public TPart?[] Contributions { get; } = new TPart?[count];

        public TaskCompletionSource<TResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Take(int rank, TPart contribution, Action<TPart> release)
        {
            if (Contributions[rank] is { } earlier && !ReferenceEquals(earlier, contribution))
            {
                release(earlier);
            }

            Contributions[rank] = contribution;
        }

        public void Release(Action<TPart> release)
        {
            for (var rank = 0; rank < Contributions.Length; rank++)
            {
                if (Contributions[rank] is { } contribution)
                {
                    Contributions[rank] = null;
                    release(contribution);
                }
            }
        }
    }
}
