using System.Runtime.InteropServices;
using Afa.Training;

namespace Afa.Benchmarks;

/// <summary>Joins the trainers of one process by a barrier: the plain loop that the grains are compared with.</summary>
/// <param name="failure">Cancelled when a trainer fails, so that the others do not wait for it for ever.</param>
internal sealed class BarrierCollective(int rank, Barrier barrier, byte[][] contributions, CancellationToken failure) : ICollective
{
    public int Rank => rank;

    public int Count => contributions.Length;

    public void Wait() => barrier.SignalAndWait(failure);

    public IReadOnlyList<ReadOnlyMemory<byte>> AllGather(ReadOnlyMemory<byte> own)
    {
        contributions[rank] = own.ToArray();
        Wait();
        ReadOnlyMemory<byte>[] all = [.. contributions.Select(contribution => new ReadOnlyMemory<byte>(contribution))];
        Wait();
        return all;
    }

    public void AllReduceSum(Span<float> values)
    {
        var all = AllGather(MemoryMarshal.AsBytes(values).ToArray());
        values.Clear();
        foreach (var contribution in all)
        {
            var other = MemoryMarshal.Cast<byte, float>(contribution.Span);
            for (var i = 0; i < values.Length; i++)
            {
                values[i] += other[i];
            }
        }
    }
}
