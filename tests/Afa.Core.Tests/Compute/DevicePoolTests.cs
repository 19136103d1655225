using Afa.Compute;
using Xunit;

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

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Constructor_NoSlotsOrThreads_IsRefused(int slots, int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DevicePool(slots, threads));
}
