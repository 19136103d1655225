namespace Afa.Tests.Grains;

public sealed class SiloLoadTests
{
    [Fact]
    public async Task ListSilos_OfThree_TellsOfEachItsOwnSlots()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        using var lease = cluster.Devices[1].Lease();
        using var work = new ManualResetEventSlim();
        var busy = lease.Worker.RunAsync(work.Wait);
        var waiting = lease.Worker.RunAsync(() => { });
        while (!lease.Worker.IsBusy)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        var silos = await cluster.Control.ListSilosAsync(TestContext.Current.CancellationToken);

        Assert.Equal(cluster.Silos.Silos.Select(silo => silo.SiloAddress.ToParsableString()).Order(), silos.Select(silo => silo.Address).Order());
        Assert.Equal([(2, 0, 0), (2, 0, 0), (2, 1, 1)], silos.Select(silo => (silo.Slots, silo.Busy, silo.QueueLength)).OrderBy(silo => silo.Busy));
        work.Set();
        await Task.WhenAll(busy, waiting);
    }
}
