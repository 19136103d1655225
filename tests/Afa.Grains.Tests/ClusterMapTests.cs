using Afa.Grains;

namespace Afa.Tests.Grains;

public sealed class ClusterMapTests
{
    [Fact]
    public async Task Get_ThreeSilos_TellsOfEachItsOwnSlots()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var map = cluster.Silos.Client.GetGrain<IClusterMapGrain>(0);
        using var lease = cluster.Devices[1].Lease();
        using var work = new ManualResetEventSlim();
        var busy = lease.Worker.RunAsync(work.Wait);
        var waiting = lease.Worker.RunAsync(() => { });
        while (!lease.Worker.IsBusy)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        var silos = await map.GetAsync();

        Assert.Equal(cluster.Silos.Silos.Select(silo => silo.SiloAddress.ToParsableString()).Order(), silos.Select(silo => silo.Silo).Order());
        Assert.Equal(
            [new DeviceSummary(2, 0, 0, 0, false), new DeviceSummary(2, 0, 0, 0, false), new DeviceSummary(2, 1, 1, 1, false)],
            silos.Select(silo => silo.Devices!).OrderBy(devices => devices.Leased));
        work.Set();
        await Task.WhenAll(busy, waiting);

        await cluster.Silos.KillSiloAsync(cluster.Silos.Silos[2]);
        while ((silos = await map.GetAsync()).Count > 2)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);   // Until the others have noticed; meanwhile it is listed without slots.
        }

        Assert.All(silos, silo => Assert.NotNull(silo.Devices));
    }
}
