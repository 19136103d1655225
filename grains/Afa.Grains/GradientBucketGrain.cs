using System.Runtime.InteropServices;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Afa.Grains;

// Reentrant: the calls for all parts wait in here at once. Each touches the meeting place only before its wait.
// Random placement follows the hint of the first caller: the silos of the run in turn. The buckets of a run that is over soon go.
[Reentrant, RandomPlacement, CollectionAgeLimit(Minutes = 10)]
internal sealed class GradientBucketGrain : Grain, IGradientBucketGrain
{
    private readonly Rendezvous<GradientSlice, GradientSlice> _rendezvous;
    private byte[] _sum = [];

    public GradientBucketGrain(TimeProvider time)
    {
        _rendezvous = new(Add, slice => slice.Release(), time);
    }

    public Task<GradientSlice?> ReduceAsync(RoundMember member, GradientSlice slice) => _rendezvous.JoinForAWhileAsync(member, slice);

    public Task ContributeAsync(RoundMember member, GradientSlice slice)
    {
        _ = _rendezvous.JoinAsync(member, slice);
        return Task.CompletedTask;
    }

    /// <summary>Adds in the order of the parts, so that the sum does not depend on who came first.</summary>
    private GradientSlice Add(GradientSlice[] parts)
    {
        if (parts.Any(part => part.Count != parts[0].Count))
        {
            throw new InvalidOperationException(
                $"Bucket '{this.GetPrimaryKeyString()}' got slices of {string.Join(", ", parts.Select(part => part.Count))} values; the replicas differ in shape.");
        }

        // The buffer is free again: no silo contributes to a round before it has read the sum of the last one.
        var length = parts[0].Count * sizeof(float);
        if (_sum.Length < length)
        {
            _sum = new byte[length];
        }

        GradientSum.Add(parts, MemoryMarshal.Cast<byte, float>(_sum.AsSpan(0, length)));
        return new GradientSlice(_sum.AsMemory(0, length), GradientFormat.Float32);
    }
}
