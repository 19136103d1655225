using System.Runtime.InteropServices;

namespace Afa.Grains;

/// <summary>Adds up gradients over silos by bucket grains: the first trainer on each silo does so for all of them, slice by slice.</summary>
/// <param name="silo">This one.</param>
internal sealed class SliceExchange(BlockingCalls calls, ReductionPlan plan, SiloAddress silo, string run, int attempt, MessageLimit limit)
{
    /// <summary>A message stays well below the limit, and small calls on the same connection do not wait long for it.</summary>
    public const int SliceSizeInBytes = 4 << 20;

    /// <summary>Values of a slice, in whichever format: it is the same bucket that adds them.</summary>
    public const int SliceLength = SliceSizeInBytes / sizeof(float);

    private readonly List<(int Number, ReductionPart Part)> _parts = [.. plan.Parts.Index().Where(part => part.Item.Silo.Equals(silo))];

    // Ends the calls that are still repeated when nobody waits for their answers any more.
    private volatile bool _isGivenUp;

    // A buffer for each part and slice. They serve round after round, as a round is over when all sums have come, by when the buckets have read them. They
    // never go to a pool that others draw from: a call may be sent again late, and whoever is sent it must not find another's bytes behind this round's number.
    private readonly Dictionary<(int Part, int Slice), byte[]> _buffers = [];

    /// <summary>Puts the sums over all silos into the gradients.</summary>
    /// <param name="format">Of the values, which it holds exactly.</param>
    /// <exception cref="RoundAbandonedException">The attempt was given up.</exception>
    /// <exception cref="ArgumentException">A slice is larger than messages may be.</exception>
    public void Reduce(LocalReduction gradients, long round, GradientFormat format)
    {
        limit.Require(sizeof(float) * Math.Min(SliceLength, gradients.Length), "a slice of the gradient", "Raise MaxMessageBodySize on every silo.");
        var sums = new List<Task<GradientSlice>>();
        try
        {
            for (var start = 0; start < gradients.Length; start += SliceLength)
            {
                var slices = Pack(gradients, sums.Count, Math.Min(SliceLength, gradients.Length - start), format);
                var bucket = sums.Count;
                sums.Add(calls.Start(grains => AskAsync(grains, bucket, round, slices)));
            }

            for (var slice = 0; slice < sums.Count; slice++)
            {
                var sum = calls.Wait(sums[slice]);
                gradients.Set(slice * SliceLength, MemoryMarshal.Cast<byte, float>(sum.Bytes.Span));
                sum.Release();
            }
        }
        catch
        {
            _isGivenUp = true;
            _buffers.Clear();   // Calls under way may still read them.
            throw;
        }
    }

    private List<GradientSlice> Pack(LocalReduction gradients, int slice, int length, GradientFormat format)
    {
        var slices = new List<GradientSlice>();
        foreach (var (number, part) in _parts)
        {
            // A sum of several gradients has bits that the format of each has not.
            var isPacked = format == GradientFormat.Bfloat16 && part.Ranks.Length == 1;
            var bytes = Buffer(number, slice, length * (isPacked ? sizeof(ushort) : sizeof(float)));
            if (isPacked)
            {
                Bfloat16Bits.Pack(gradients.Values(part.Ranks[0], slice * SliceLength, length), MemoryMarshal.Cast<byte, ushort>(bytes.Span));
            }
            else
            {
                gradients.Add(part.Ranks, slice * SliceLength, MemoryMarshal.Cast<byte, float>(bytes.Span));
            }

            slices.Add(new GradientSlice(bytes, isPacked ? GradientFormat.Bfloat16 : GradientFormat.Float32));
        }

        return slices;
    }

    private Memory<byte> Buffer(int part, int slice, int size)
    {
        ref var buffer = ref CollectionsMarshal.GetValueRefOrAddDefault(_buffers, (part, slice), out _);
        if (buffer is null || buffer.Length < size)
        {
            buffer = new byte[size];
        }

        return buffer.AsMemory(0, size);
    }

    private async Task<GradientSlice> AskAsync(IGrainFactory grains, int bucket, long round, List<GradientSlice> slices)
    {
        RequestContext.Set(Orleans.Runtime.Placement.IPlacementDirector.PlacementHintKey, plan.BucketSilo(bucket));
        var grain = grains.GetGrain<IGradientBucketGrain>($"{run}/{bucket}");
        return await BlockingCalls.UntilThereAsync(async () =>
        {
            // All of them again each time: a bucket that moved has forgotten what it got.
            if (_isGivenUp)
            {
                throw new RoundAbandonedException($"Attempt {attempt} of the run was given up in round {round}.");
            }

            var sum = grain.ReduceAsync(Member(0), slices[0]);
            await Task.WhenAll(Enumerable.Range(1, slices.Count - 1).Select(part => grain.ContributeAsync(Member(part), slices[part])).Append(sum));
            return await sum;
        });

        RoundMember Member(int part) => new(attempt, round, _parts[part].Number, plan.Parts.Count);
    }
}
