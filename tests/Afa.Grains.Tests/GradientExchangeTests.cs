using Afa.Grains;
using Afa.Training;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Afa.Tests.Grains;

/// <summary>Sums of trainers on several silos, through the wire.</summary>
[Collection(nameof(Alone))]   // It counts what the whole process allocates.
public sealed class GradientExchangeTests(ThreeSilos silos) : IClassFixture<ThreeSilos>
{
    // Two slices, the second one short.
    private const int Length = SliceExchange.SliceLength + 1001;

    private readonly string _run = $"run-{Guid.NewGuid():N}";
    private readonly TestCluster _cluster = silos.Cluster;

    [Theory]
    [InlineData("0", false)]
    [InlineData("00", false)]
    [InlineData("01", false)]
    [InlineData("01", true)]
    [InlineData("010", true)]
    [InlineData("0000", true)]
    [InlineData("0011", false)]
    [InlineData("0011", true)]
    [InlineData("0101", false)]
    [InlineData("1021", true)]
    public async Task Sum_WhereverTheTrainersAre_IsThatInRankOrderOnEach(string placement, bool isBfloat16)
    {
        var gradients = isBfloat16 ? Gradients.CreateBfloat16(placement.Length, Length) : Gradients.Create(placement.Length, Length);
        var small = Gradients.Create(placement.Length, 5, seed: 2);   // Of another length, in the same buckets.
        var (expected, expectedSmall) = (Gradients.SumInOrder(gradients), Gradients.SumInOrder(small));

        var gathered = await OnTrainersAsync(placement, attempt: 1, (collective, rank) =>
        {
            if (isBfloat16)
            {
                collective.AllReduceSumOfBfloat16(gradients[rank]);
            }
            else
            {
                collective.AllReduceSum(gradients[rank]);
            }

            var rows = collective.AllGather(new[] { (byte)(rank + 10) });
            collective.AllReduceSum(small[rank]);
            return rows.Select(row => (int)row.Span[0]);
        });

        Assert.All(gradients, gradient => Gradients.AssertSameBits(expected, gradient));
        Assert.All(small, gradient => Gradients.AssertSameBits(expectedSmall, gradient));
        Assert.All(gathered, rows => Assert.Equal(Enumerable.Range(10, placement.Length), rows));
        Assert.Equal(0, Open());
    }

    [Fact]
    public async Task Buckets_OfARun_AreOnItsSilosInTurn()
    {
        var gradients = Gradients.Create(2, 3 * SliceExchange.SliceLength);
        await OnTrainersAsync("02", attempt: 1, (collective, rank) =>
        {
            collective.AllReduceSum(gradients[rank]);
            return true;
        });

        var management = _cluster.Silos.Client.GetGrain<IManagementGrain>(0);
        var places = await Task.WhenAll(Enumerable.Range(0, 3).Select(async bucket => (await management.GetActivationAddress(Bucket(bucket)))!));

        Assert.Equal([Address(0), Address(2), Address(0)], places);
    }

    [Theory]
    [InlineData("00", 1)]    // Rank 0 waits in the memory of its silo,
    [InlineData("01", 1)]    // for a slice of another silo,
    [InlineData("001", 2)]   // rank 1 for rank 0, which waits for a slice.
    public async Task Abandon_WhileTrainersWait_FreesThemAndTheNextAttemptGetsItsOwnSum(string placement, int present)
    {
        var gradients = Gradients.Create(placement.Length, Length);
        var expectedOfAll = Gradients.SumInOrder(gradients);
        var collectives = Connect(placement, attempt: 1);
        await Gradients.OnThreadsAsync(Enumerable.Range(0, placement.Length), rank => collectives[rank].AllGather(new byte[1]).Count);
        var waiting = Gradients.OnThreadsAsync(Enumerable.Range(0, present), rank => Record.Exception(() => collectives[rank].AllReduceSum(gradients[rank])));
        Assert.NotSame(waiting, await Task.WhenAny(waiting, Task.Delay(300, TestContext.Current.CancellationToken)));

        await _cluster.Silos.Client.GetGrain<IFeatureExchangeGrain>(_run).AbandonAsync(1);

        Assert.All(await waiting.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken), exception => Assert.IsType<RoundAbandonedException>(exception));
        var late = await Gradients.OnThreadsAsync([present], rank => Record.Exception(() => collectives[rank].AllReduceSum(gradients[rank])));
        if (late[0] is null)
        {
            Gradients.AssertSameBits(expectedOfAll, gradients[present]);   // What the others had sent to another silo still counts, for an attempt that is void.
        }
        else
        {
            Assert.IsType<RoundAbandonedException>(late[0]);
        }

        Assert.Equal(0, Open());

        // One trainer more than before, elsewhere.
        var next = Gradients.Create(placement.Length + 1, Length, seed: 2);
        var expected = Gradients.SumInOrder(next);
        await OnTrainersAsync("2" + placement, attempt: 2, (collective, rank) =>
        {
            collective.AllReduceSum(next[rank]);
            return true;
        });
        Assert.All(next, gradient => Gradients.AssertSameBits(expected, gradient));
    }

    [Fact]
    public async Task Slice_SentAgain_CountsOnce_AndIsAnsweredTheSameWhenItIsLate()
    {
        var gradients = Gradients.CreateBfloat16(2, 1000);
        var expected = Gradients.SumInOrder(gradients);
        var bucket = Bucket(7);
        var first = bucket.ReduceAsync(new(1, 0, 0, 2), Slice(gradients[0]));
        var again = bucket.ReduceAsync(new(1, 0, 0, 2), Slice(gradients[0]));
        await bucket.ContributeAsync(new(1, 0, 1, 2), Slice(gradients[1]));
        await bucket.ContributeAsync(new(1, 0, 1, 2), Slice(gradients[1]));
        var late = bucket.ReduceAsync(new(1, 0, 0, 2), Slice(gradients[0]));

        foreach (var call in new[] { first, again, late })
        {
            var sum = (await call)!;
            Gradients.AssertSameBits(expected, Floats(sum));
            sum.Release();
            sum.Release();   // Gives its buffer back once.
        }
    }

    [Fact]
    public async Task Slices_OfDifferentLength_AreRefusedByBoth()
    {
        var bucket = Bucket(8);
        var first = bucket.ReduceAsync(new(1, 0, 0, 2), Slice(new float[10]));
        var second = bucket.ReduceAsync(new(1, 0, 1, 2), Slice(new float[11]));

        Assert.Contains("10, 11", (await Assert.ThrowsAsync<InvalidOperationException>(() => first)).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => second);
    }

    [Fact]
    public async Task Rounds_BetweenSilosInASteadyState_AllocateLittleOfAGradient()
    {
        const int Rounds = 10;
        var gradients = Gradients.Create(2, 2 * SliceExchange.SliceLength);   // 8 MiB each.
        var allocated = 0L;
        await OnTrainersAsync("01", attempt: 1, (collective, rank) =>
        {
            for (var round = 0; round < 5 + Rounds; round++)
            {
                if (round == 5 && rank == 0)   // The pools are full.
                {
                    allocated = -GC.GetTotalAllocatedBytes();
                }

                collective.AllReduceSum(gradients[rank]);
            }

            allocated += rank == 0 ? GC.GetTotalAllocatedBytes() : 0;
            return true;
        });

        // Of all the process. Two slices and two sums of 4 MiB cross the wire in each round; now and then a pool is short of a buffer, measured 0.7 to 1.7 MB a round.
        Assert.InRange(allocated / Rounds, 0, 4 << 20);
    }

    [Fact]
    public void Slice_ThroughTheCodec_IsTheSame_AndAFalseLengthIsRefused()
    {
        var serializer = _cluster.Silos.Client.ServiceProvider.GetRequiredService<Serializer>();
        var slice = new GradientSlice(new byte[] { 1, 2, 3, 4, 5, 6 }.AsMemory(1, 4), GradientFormat.Bfloat16);

        var bytes = serializer.SerializeToArray(slice);
        var read = serializer.Deserialize<GradientSlice>(bytes)!;
        Assert.Equal((GradientFormat.Bfloat16, 2), (read.Format, read.Count));
        Assert.Equal([2, 3, 4, 5], read.Bytes.ToArray());
        read.Release();
        Assert.Equal(0, read.Bytes.Length);
        slice.Release();
        Assert.Equal(4, slice.Bytes.Length);   // Its maker's.

        Assert.ThrowsAny<Exception>(() => serializer.Deserialize<GradientSlice>(bytes[..^2]));
        var unknown = bytes.ToArray();
        unknown[^5] = 9;   // The format comes before the four bytes.
        Assert.Contains("unknown format 9", Assert.Throws<InvalidDataException>(() => serializer.Deserialize<GradientSlice>(unknown)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Message_AboveTheLimit_IsRefusedBeforeItIsSent()
    {
        var limit = new MessageLimit(10_000);

        limit.Require(5000, "a slice", "Do something.");
        var refused = Assert.Throws<ArgumentException>(() => limit.Require(9000, "a slice", "Do something."));
        Assert.Equal("A message of a slice would have 9000 bytes, but messages between silos may have only 5904. Do something.", refused.Message);
    }

    private static GradientSlice Slice(float[] values)
    {
        var packed = new byte[values.Length * 2];
        Bfloat16Bits.Pack(values, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(packed.AsSpan()));
        return new GradientSlice(packed, GradientFormat.Bfloat16);
    }

    private static float[] Floats(GradientSlice slice) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(slice.Bytes.Span).ToArray();

    private IGradientBucketGrain Bucket(int number) => _cluster.Silos.Client.GetGrain<IGradientBucketGrain>($"{_run}/{number}");

    private SiloAddress Address(int silo) => _cluster.Silos.Silos[silo].SiloAddress;

    private int Open() => _cluster.Silos.Silos.Sum(silo => silo.ServiceProvider.GetRequiredService<LocalReductions>().Open);

    /// <param name="placement">The number of each rank's silo.</param>
    private GrainCollective[] Connect(string placement, int attempt) => [.. placement.Select((silo, rank) =>
        _cluster.Silos.Silos[silo - '0'].ServiceProvider.GetRequiredService<TrainerConnections>().Connect(TaskScheduler.Default, _run, attempt, rank, placement.Length))];

    private Task<T[]> OnTrainersAsync<T>(string placement, int attempt, Func<ICollective, int, T> work)
    {
        var collectives = Connect(placement, attempt);
        return Gradients.OnThreadsAsync(Enumerable.Range(0, placement.Length), rank => work(collectives[rank], rank)).WaitAsync(TimeSpan.FromMinutes(2));
    }
}
