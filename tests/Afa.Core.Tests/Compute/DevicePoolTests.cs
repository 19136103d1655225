using Afa.Compute;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Compute;

public class DevicePoolTests
{
    [Fact]
    public void Lease_BeyondTheSlots_GivesAFurtherWorker()
    {
        using var pool = new DevicePool(slots: 2, threads: 1);

        var workers = Enumerable.Range(0, 3).Select(_ => pool.Lease().Worker).ToList();

        Assert.Equal(2, pool.Slots);
        Assert.Equal(3, workers.Distinct().Count());
    }

    [Fact]
    public void Lease_AfterOneWasReturned_GivesItsWorkerAgain()
    {
        using var pool = new DevicePool(slots: 2, threads: 1);
        var first = pool.Lease();
        var second = pool.Lease();

        first.Dispose();
        first.Dispose();   // The second time does nothing, else two holders would share a worker.

        Assert.Same(first.Worker, pool.Lease().Worker);
        Assert.DoesNotContain(pool.Lease().Worker, new[] { first.Worker, second.Worker });
    }

    [Fact]
    public void TryLease_EverySlotLeased_GivesNoneUntilOneIsFree()
    {
        using var pool = new DevicePool(slots: 1, threads: 1);
        var first = pool.TryLease();

        Assert.Null(pool.TryLease());
        first!.Dispose();

        Assert.Same(first.Worker, pool.TryLease()!.Worker);
    }

    [Fact]
    public async Task Lease_TwoHolders_RunAtOnce()
    {
        using var pool = new DevicePool(slots: 1, threads: 1);
        using var barrier = new Barrier(2);
        using var first = pool.Lease();
        using var second = pool.Lease();

        var met = await Task.WhenAll(new[] { first, second }.Select(lease => lease.Worker.RunAsync(() => barrier.SignalAndWait(TimeSpan.FromMinutes(1)))));

        Assert.All(met, Assert.True);
    }

    [Fact]
    public void Lease_OfGpus_GivesEachSlotItsOwnAndFurtherOnesTheLeastUsed()
    {
        // Threads without work: no GPU is touched.
        using var pool = new DevicePool([new Device("cuda:1"), new Device("cuda:0")], threads: 1);
        Assert.Equal((2, "cuda", "2 slots on cuda:1, cuda:0"), (pool.Slots, pool.Kind, pool.ToString()));

        var leases = Enumerable.Range(0, 4).Select(_ => pool.Lease()).ToList();
        Assert.Equal(["cuda:1", "cuda:0", "cuda:1", "cuda:0"], leases.Select(Place));

        // Both of GPU 0 come back first, so it is free when those of GPU 1 are not.
        leases[1].Dispose();
        leases[3].Dispose();
        leases[0].Dispose();
        Assert.Equal("cuda:0", Place(pool.Lease()));
        Assert.Equal(["cuda:0", "cuda:1"], new[] { pool.Lease(), pool.Lease() }.Select(Place).Order());
        Assert.Null(pool.TryLease());

        static string Place(DeviceLease lease) => lease.Worker.Device.ToString();
    }

    [Fact]
    public void ToString_OfSlotsOnTheCpu_CountsThem()
    {
        using var pool = new DevicePool(DeviceSlots.Cpu(1));
        Assert.Equal(("cpu", "1 slot on cpu"), (pool.Kind, pool.ToString()));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Constructor_NoSlotsOrThreads_IsRefused(int slots, int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DevicePool(slots, threads));
}
