using System.Runtime.InteropServices;
using Afa.Federation;
using Afa.Federation.Aggregation;

namespace Afa.Grains;

/// <summary>Reads the updates of a round from their participants, slice by slice: of each only a slice is in memory.</summary>
/// <param name="length">Values of an update.</param>
internal sealed class UpdateReader(IGrainFactory grains, AggregationRequest request, IReadOnlyList<int> members, long length)
{
    private const int LargestSlice = 1 << 20;          // 4 MiB
    private const int LargestTotal = 32 << 20;         // 128 MiB over all participants.
    private const int SmallestSlice = 1 << 12;

    private readonly float[][] _buffers = [.. members.Select(_ => new float[SliceLengthOf(members.Count, length)])];

    /// <summary>Values of a slice; the last one may have fewer.</summary>
    public int SliceLength { get; } = SliceLengthOf(members.Count, length);

    /// <summary>Values of the slice that begins there.</summary>
    public int LengthAt(long offset) => (int)Math.Min(SliceLength, length - offset);

    /// <summary>Hands over slice after slice, in order, of all members in their order. The memory is used again for the next.</summary>
    /// <exception cref="ParticipantLostException">A participant does not deliver, or delivers what is no update.</exception>
    public async Task ForEachSliceAsync(Action<long, Memory<float>[]> use)
    {
        for (var offset = 0L; offset < length; offset += SliceLength)
        {
            var (start, count) = (offset, LengthAt(offset));
            await Task.WhenAll(members.Select((_, index) => ReadAsync(index, start, count)));
            await Task.Run(() => use(start, [.. _buffers.Select(buffer => buffer.AsMemory(0, count))]));
        }
    }

    /// <summary>How many values of each of so many updates are read at a time.</summary>
    public static int SliceLengthOf(int members, long length) =>
        (int)Math.Min(length, Math.Clamp(LargestTotal / Math.Max(1, members), SmallestSlice, LargestSlice));

    /// <summary>Whether an answer holds so many values, or words, of 32 bits.</summary>
    public static bool IsOf(GradientSlice slice, int count) => slice.Format == GradientFormat.Float32 && slice.Count == count && slice.Bytes.Length == sizeof(float) * count;

    /// <summary>Refuses what is no slice of an update, before memory is taken for it.</summary>
    /// <param name="length">Values of the update.</param>
    /// <exception cref="ParticipantException">It is too large, or does not lie within the update.</exception>
    public static void RequireSlice(long offset, int count, long length)
    {
        if (count is < 1 or > LargestSlice)
        {
            throw new ParticipantException($"A slice of an update must have 1 to {LargestSlice} values, not {count}.");
        }

        if (offset < 0 || offset > length - count)
        {
            throw new ParticipantException($"A slice must lie within the {length} values of an update; {count} from {offset} on do not.");
        }
    }

    private async Task ReadAsync(int index, long offset, int count)
    {
        GradientSlice slice;
        try
        {
            slice = await grains.GetGrain<IParticipantGrain>($"{request.Federation}/{members[index]}").GetSliceAsync(request.Round, offset, count);
        }
        catch (Exception exception) when (ParticipantLostException.IsLoss(exception))
        {
            throw new ParticipantLostException(members[index], exception.Message.Split('\n')[0], exception);
        }

        var values = MemoryMarshal.Cast<byte, float>(slice.Bytes.Span);
        if (!IsOf(slice, count) || !AggregationRules.IsFinite(values))
        {
            throw new ParticipantLostException(members[index], IsOf(slice, count) ? "Its update has values that are not finite." : $"Its update has {slice.Bytes.Length} bytes at {offset}, not {count} values of {sizeof(float)}.");
        }

        values.CopyTo(_buffers[index]);
        slice.Release();
    }
}

/// <summary>A participant cannot be counted on in this round.</summary>
internal sealed class ParticipantLostException(int participant, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Participant { get; } = participant;

    /// <summary>Whether a call failed because of whom it went to.</summary>
    public static bool IsLoss(Exception exception) => exception is OrleansException or TimeoutException or InvalidOperationException or InvalidDataException or ArgumentException or IOException;
}
