using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Orleans.Concurrency;

namespace Afa.Grains;

// Reentrant: the calls of all ranks wait in here at once. Each touches the meeting place only before its wait.
[Reentrant]
internal sealed class GradientBucketGrain : Grain, IGradientBucketGrain
{
    private readonly Rendezvous<TensorSlice> _rendezvous;
    private byte[] _sum = [];

    public GradientBucketGrain(TimeProvider time)
    {
        _rendezvous = new Rendezvous<TensorSlice>(Add, time);
    }

    public Task<TensorSlice?> ReduceAsync(RoundMember member, TensorSlice slice) => _rendezvous.JoinForAWhileAsync(member, slice.Bytes);

    public Task AbandonAsync(int attempt)
    {
        _rendezvous.Abandon(attempt);
        return Task.CompletedTask;
    }

    /// <summary>Adds in rank order, so that the sum does not depend on who came first.</summary>
    private TensorSlice Add(byte[][] slices)
    {
        if (slices.Any(slice => slice.Length != slices[0].Length))
        {
            throw new InvalidOperationException(
                $"Bucket '{this.GetPrimaryKeyString()}' got slices of {string.Join(", ", slices.Select(slice => slice.Length))} bytes; the replicas differ in shape.");
        }

        // The buffer is free again: nobody contributes to a round before having copied the sum of the last one.
        if (_sum.Length != slices[0].Length)
        {
            _sum = new byte[slices[0].Length];
        }

        slices[0].CopyTo(_sum.AsSpan());
        var sum = MemoryMarshal.Cast<byte, float>(_sum.AsSpan());
        foreach (var slice in slices.AsSpan(1))
        {
            TensorPrimitives.Add(sum, MemoryMarshal.Cast<byte, float>(slice), sum);
        }

        return new TensorSlice(_sum);
    }
}
