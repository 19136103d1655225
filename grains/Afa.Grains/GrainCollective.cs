using System.Diagnostics;
using System.Runtime.InteropServices;
using Afa.Telemetry;
using Afa.Training;

namespace Afa.Grains;

/// <summary>Lets a trainer, which blocks on its device's thread, exchange numbers through the grains of its run.</summary>
/// <param name="scheduler">Of the trainer grain: calls leave from there, while the device's thread waits.</param>
internal sealed class GrainCollective(IGrainFactory grains, TaskScheduler scheduler, string run, int attempt, int rank, int count, TrainingTelemetry telemetry) : ICollective
{
    /// <summary>Messages stay well below Orleans' limit, beyond which the connection is closed.</summary>
    public const int SliceSizeInBytes = 4 << 20;

    private readonly List<byte[]> _buffers = [];
    private long _round;

    public int Rank => rank;

    public int Count => count;

    /// <summary>Buckets that so many float32 values fill.</summary>
    public static int Buckets(long values) => (int)((values * sizeof(float) + SliceSizeInBytes - 1) / SliceSizeInBytes);

    public static string BucketKey(string run, int bucket) => $"{run}/{bucket}";

    public IReadOnlyList<ReadOnlyMemory<byte>> AllGather(ReadOnlyMemory<byte> own)
    {
        var rows = new TensorSlice(own.ToArray());
        var member = new RoundMember(attempt, _round++, rank, count);
        var all = Wait(() => UntilThereAsync(() => grains.GetGrain<IFeatureExchangeGrain>(run).GatherAsync(member, rows)));
        return [.. all.Select(slice => new ReadOnlyMemory<byte>(slice.Bytes))];
    }

    public void AllReduceSum(Span<float> values)
    {
        var started = Stopwatch.GetTimestamp();
        var bytes = MemoryMarshal.AsBytes(values);
        var member = new RoundMember(attempt, _round++, rank, count);
        var slices = new List<TensorSlice>();
        for (var offset = 0; offset < bytes.Length; offset += SliceSizeInBytes)
        {
            var part = bytes.Slice(offset, Math.Min(SliceSizeInBytes, bytes.Length - offset));
            var buffer = Buffer(slices.Count, part.Length);
            part.CopyTo(buffer);
            slices.Add(new TensorSlice(buffer));
        }

        var sums = Wait(() => Task.WhenAll(slices.Select((slice, bucket) => UntilThereAsync(() => grains.GetGrain<IGradientBucketGrain>(BucketKey(run, bucket)).ReduceAsync(member, slice)))));
        for (var (bucket, offset) = (0, 0); bucket < sums.Length; offset += sums[bucket++].Bytes.Length)
        {
            sums[bucket].Bytes.CopyTo(bytes[offset..]);
        }

        telemetry.Reduced(bytes.Length, started);
    }

    // A buffer is free again after the sum has come back: by then the bucket has read it.
    private byte[] Buffer(int bucket, int size)
    {
        if (bucket == _buffers.Count)
        {
            _buffers.Add(new byte[size]);
        }
        else if (_buffers[bucket].Length != size)
        {
            _buffers[bucket] = new byte[size];
        }

        return _buffers[bucket];
    }

    private static async Task<T> UntilThereAsync<T>(Func<Task<T?>> ask)
        where T : class
    {
        while (true)
        {
            if (await ask() is { } answer)
            {
                return answer;
            }
        }
    }

    private T Wait<T>(Func<Task<T>> call) =>
        Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.None, scheduler).Unwrap().GetAwaiter().GetResult();
}
