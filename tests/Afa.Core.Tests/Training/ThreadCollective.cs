using System.Runtime.InteropServices;
using Afa.Training;

namespace Afa.Tests.Training;

/// <summary>Joins trainers on threads of one process. A rank that stays away makes the others fail, not wait for ever.</summary>
internal sealed class ThreadCollective : ICollective
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly Barrier _barrier;
    private readonly byte[][] _contributions;

    private ThreadCollective(int rank, Barrier barrier, byte[][] contributions)
    {
        Rank = rank;
        _barrier = barrier;
        _contributions = contributions;
    }

    public int Rank { get; }

    public int Count => _contributions.Length;

    public static IReadOnlyList<ThreadCollective> Create(int count)
    {
        var (barrier, contributions) = (new Barrier(count), new byte[count][]);
        return [.. Enumerable.Range(0, count).Select(rank => new ThreadCollective(rank, barrier, contributions))];
    }

    public IReadOnlyList<ReadOnlyMemory<byte>> AllGather(ReadOnlyMemory<byte> own)
    {
        _contributions[Rank] = own.ToArray();
        Await();
        var all = _contributions.Select(part => new ReadOnlyMemory<byte>(part)).ToArray();
        Await();
        return all;
    }

    public void AllReduceSum(Span<float> values)
    {
        var parts = AllGather(MemoryMarshal.AsBytes(values).ToArray());
        values.Clear();
        foreach (var part in parts)
        {
            var contribution = MemoryMarshal.Cast<byte, float>(part.Span);
            for (var i = 0; i < values.Length; i++)
            {
                values[i] += contribution[i];
            }
        }
    }

    private void Await()
    {
        if (!_barrier.SignalAndWait(Patience))
        {
            throw new TimeoutException("A trainer did not take part in an exchange.");
        }
    }
}
