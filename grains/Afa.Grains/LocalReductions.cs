namespace Afa.Grains;

/// <summary>Where the trainers on a silo meet to add up their gradients. One for each silo.</summary>
internal sealed class LocalReductions
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Run, int Attempt, long Round), LocalReduction> _open = [];

    /// <summary>Rounds that some trainers have come to, but not all.</summary>
    public int Open
    {
        get
        {
            lock (_lock)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Replaces the values of each trainer by their sum. Blocks until all of this silo have made the same call.</summary>
    /// <param name="ranks">Of the run's trainers on this silo, in ascending order.</param>
    /// <param name="requireCurrent">Throws if there is no use in waiting any more.</param>
    /// <param name="exchange">Called on the thread of the first rank when all have come, to put sums with other silos into the gradients; null where all trainers are on this silo.</param>
    /// <exception cref="InvalidOperationException">The trainers brought gradients of different lengths.</exception>
    /// <exception cref="RoundAbandonedException">The exchange with other silos failed.</exception>
    public unsafe void Reduce(RoundMember member, string run, IReadOnlyList<int> ranks, Span<float> values, Action requireCurrent, Action<LocalReduction>? exchange)
    {
        var id = (run, member.Attempt, member.Round);
        fixed (float* address = values)
        {
            var round = Enter(id, member.Rank, ranks, (nint)address, values.Length);
            while (!round.AllCame.Wait(BlockingCalls.Patience))
            {
                try
                {
                    requireCurrent();
                }
                catch
                {
                    if (Withdraw(id, round, member.Rank))
                    {
                        throw;
                    }

                    break;   // All have come meanwhile and read the values. The next exchange will say that this attempt is over.
                }
            }

            Work(round, member.Rank == ranks[0], exchange);
        }
    }

    private static void Work(LocalReduction round, bool isFirst, Action<LocalReduction>? exchange)
    {
        round.RequireEqualLengths();
        try
        {
            if (exchange is null)
            {
                round.AddAndShare();
            }
            else if (isFirst)
            {
                exchange(round);
            }
        }
        catch (Exception exception)
        {
            round.Failure = exception;
            throw;
        }
        finally
        {
            round.WaitUntilAllAreDone();
        }

        if (round.Failure is { } failure)
        {
            throw new RoundAbandonedException($"The sum with other silos failed: {failure.Message}");
        }
    }

    private LocalReduction Enter((string, int, long) id, int rank, IReadOnlyList<int> ranks, nint address, int length)
    {
        lock (_lock)
        {
            if (!_open.TryGetValue(id, out var round))
            {
                _open[id] = round = new LocalReduction(ranks);
            }

            if (round.Add(rank, address, length))
            {
                _open.Remove(id);
            }

            return round;
        }
    }

    /// <returns>False if all have come: then the trainer must stay.</returns>
    private bool Withdraw((string, int, long) id, LocalReduction round, int rank)
    {
        lock (_lock)
        {
            var isOut = round.Remove(rank);
            if (isOut && round.IsEmpty)
            {
                _open.Remove(id);
            }

            return isOut;
        }
    }
}
