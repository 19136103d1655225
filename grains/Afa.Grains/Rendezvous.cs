namespace Afa.Grains;

/// <summary>Where the ranks of a run meet, round after round: the last to come makes the result that all of them get.</summary>
/// <param name="combine">Makes the result from the contributions in rank order.</param>
internal sealed class Rendezvous<T>(Func<byte[][], T> combine, TimeProvider time)
    where T : class
{
    private static readonly TimeSpan s_while = TimeSpan.FromSeconds(5);

    private readonly Dictionary<(int Attempt, long Round), Meeting> _meetings = [];
    private int _abandoned;

    /// <summary>Waits for the other ranks. A rank that comes twice, because a call was repeated, counts once.</summary>
    /// <exception cref="RoundAbandonedException">The attempt is or becomes abandoned.</exception>
    public Task<T> JoinAsync(RoundMember member, byte[] contribution)
    {
        if (member.Attempt <= _abandoned)
        {
            throw new RoundAbandonedException($"Attempt {member.Attempt} of the run was given up; rank {member.Rank} came too late.");
        }

        // A rank in round r has its result of round r - 1, but another may still repeat its call for that one.
        foreach (var old in _meetings.Keys.Where(key => key.Attempt < member.Attempt || key.Round < member.Round - 1).ToList())
        {
            Dissolve(old, $"Attempt {old.Attempt} was overtaken by attempt {member.Attempt}, round {member.Round}.");
        }

        var id = (member.Attempt, member.Round);
        if (!_meetings.TryGetValue(id, out var meeting))
        {
            _meetings[id] = meeting = new Meeting(member.Count);
        }

        meeting.Contributions[member.Rank] = contribution;
        if (!meeting.Result.Task.IsCompleted && meeting.Contributions.All(part => part is not null))
        {
            meeting.Result.SetResult(combine(meeting.Contributions));
        }

        return meeting.Result.Task;
    }

    /// <summary>Joins, as <see cref="JoinAsync"/> does, and waits some seconds; null if not all have come by then.</summary>
    /// <remarks>
    /// When a silo dies, Orleans deactivates the grains on other silos that were registered with it. It waits for the calls within, and
    /// keeps new ones waiting: a call that waited for a rank of the dead silo would never hear that its attempt is given up.
    /// </remarks>
    public async Task<T?> JoinForAWhileAsync(RoundMember member, byte[] contribution)
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

    /// <summary>Gives up this attempt and all before.</summary>
    public void Abandon(int attempt)
    {
        _abandoned = Math.Max(_abandoned, attempt);
        foreach (var id in _meetings.Keys.Where(key => key.Attempt <= attempt).ToList())
        {
            Dissolve(id, $"Attempt {id.Attempt} of the run was given up in round {id.Round}: a member is gone.");
        }
    }

    private void Dissolve((int, long) id, string reason)
    {
        if (_meetings.Remove(id, out var meeting))
        {
            meeting.Result.TrySetException(new RoundAbandonedException(reason));
            _ = meeting.Result.Task.Exception;   // Seen, should nobody wait.
        }
    }

    private sealed class Meeting(int count)
    {
        public byte[][] Contributions { get; } = new byte[count][];

        public TaskCompletionSource<T> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
