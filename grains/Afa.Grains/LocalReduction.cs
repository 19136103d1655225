using System.Numerics.Tensors;

namespace Afa.Grains;

/// <summary>One round of a sum among the trainers on a silo, which read and write each other's gradients in place.</summary>
/// <remarks>
/// Each trainer brings the address of its gradient and stays until all are done: nobody may touch the memory of one that has left. Before
/// all have come, nobody reads, and a trainer can leave. From then on nobody waits for anything but memory, or, between silos, for one
/// caller that hears when its attempt is given up.
/// </remarks>
/// <param name="ranks">Of the trainers on this silo, in ascending order.</param>
internal sealed class LocalReduction(IReadOnlyList<int> ranks)
{
    /// <summary>Values that a trainer takes at once: little enough that none waits long for another's last.</summary>
    private const int Share = 1 << 16;

    /// <summary>Values of all trainers that stay in the processor's first cache between the reading and the writing.</summary>
    private const int Block = 2048;

    private readonly nint[] _addresses = new nint[ranks.Count];
    private readonly int[] _lengths = new int[ranks.Count];
    private readonly TaskCompletionSource _allCame = new();
    private readonly TaskCompletionSource _allDone = new();
    private int _present;
    private int _done;
    private int _nextShare;

    /// <summary>Completes when all have come.</summary>
    public Task AllCame => _allCame.Task;

    /// <summary>Why the one that called other silos could not get the sum; null if it could, or if there was nothing to call.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Number of values of each trainer.</summary>
    public int Length => _lengths[0];

    public bool IsEmpty => _present == 0;

    /// <summary>Brings a trainer's gradient. Calls of this and <see cref="Remove"/> exclude each other.</summary>
    /// <returns>Whether all have come now.</returns>
    public bool Add(int rank, nint address, int length)
    {
        var place = PlaceOf(rank);
        if (_addresses[place] != 0)
        {
            throw new InvalidOperationException($"Trainer {rank} has come to one sum twice.");
        }

        (_addresses[place], _lengths[place]) = (address, length);
        if (++_present < ranks.Count)
        {
            return false;
        }

        _allCame.SetResult();
        return true;
    }

    /// <summary>Takes a trainer's gradient away again.</summary>
    /// <returns>False if all have come: then it must stay.</returns>
    public bool Remove(int rank)
    {
        if (AllCame.IsCompleted)
        {
            return false;
        }

        _addresses[PlaceOf(rank)] = 0;
        _present--;
        return true;
    }

    /// <exception cref="InvalidOperationException">The gradients differ in length. Each trainer finds so.</exception>
    public void RequireEqualLengths()
    {
        if (_lengths.Any(length => length != Length))
        {
            throw new InvalidOperationException($"The trainers {string.Join(", ", ranks)} brought {string.Join(", ", _lengths)} values; the replicas differ in shape.");
        }
    }

    /// <summary>Does a part of the work of replacing all gradients by their sum in rank order: every trainer calls this, and takes shares until none is left.</summary>
    /// <remarks>Each gradient is read once and written once, which is all that memory has to move.</remarks>
    public void AddAndShare()
    {
        for (var start = NextShare(); start < Length; start = NextShare())
        {
            var end = (int)Math.Min((long)start + Share, Length);
            for (var from = start; from < end; from += Block)
            {
                var count = Math.Min(Block, end - from);
                var sum = At(0, from, count);
                for (var place = 1; place < ranks.Count; place++)
                {
                    TensorPrimitives.Add(sum, At(place, from, count), sum);
                }

                for (var place = 1; place < ranks.Count; place++)
                {
                    sum.CopyTo(At(place, from, count));
                }
            }
        }
    }

    /// <summary>A part of the gradient of a rank.</summary>
    public ReadOnlySpan<float> Values(int rank, int start, int count) => At(PlaceOf(rank), start, count);

    /// <summary>Adds the gradients of some of the ranks, in the order given.</summary>
    /// <param name="sum">Gets the values from <paramref name="start"/> on, as many as it holds.</param>
    public void Add(ReadOnlySpan<int> someRanks, int start, Span<float> sum)
    {
        At(PlaceOf(someRanks[0]), start, sum.Length).CopyTo(sum);
        foreach (var rank in someRanks[1..])
        {
            TensorPrimitives.Add(sum, At(PlaceOf(rank), start, sum.Length), sum);
        }
    }

    /// <summary>Replaces a part of every gradient.</summary>
    public void Set(int start, ReadOnlySpan<float> values)
    {
        for (var place = 0; place < ranks.Count; place++)
        {
            values.CopyTo(At(place, start, values.Length));
        }
    }

    /// <summary>Says that this trainer touches no gradient any more, and waits until all have said so.</summary>
    public void WaitUntilAllAreDone()
    {
        if (Interlocked.Increment(ref _done) == ranks.Count)
        {
            _allDone.SetResult();
        }

        _allDone.Task.Wait();
    }

    // Stays far below overflow: each trainer asks once more than there are shares.
    private int NextShare() => (int)Math.Min((long)(Interlocked.Increment(ref _nextShare) - 1) * Share, int.MaxValue);

    private int PlaceOf(int rank)
    {
        for (var place = 0; place < ranks.Count; place++)
        {
            if (ranks[place] == rank)
            {
                return place;
            }
        }

        throw new ArgumentException($"Trainer {rank} is not on this silo, but {string.Join(", ", ranks)} are.", nameof(rank));
    }

    private unsafe Span<float> At(int place, int start, int count) => new Span<float>((void*)_addresses[place], _lengths[place]).Slice(start, count);
}
