using Afa.Data;
using Afa.Grains;
using Afa.Silo;

namespace Afa.Client.Control;

/// <summary>A cluster of one silo inside this process.</summary>
internal sealed class EmbeddedSession(EmbeddedSilo silo) : IControlSession
{
    public IAfaControl Control => silo.Control;

    public static async Task<IControlSession> StartAsync(string store, int? deviceSlots, CancellationToken cancellationToken) =>
        new EmbeddedSession(await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = store, DeviceSlots = deviceSlots }, cancellationToken));

    public void RequireData(string dataset, string? dataDirectory)
    {
        foreach (var split in Enum.GetValues<DataSplit>())
        {
            DatasetLocator.Locate(DatasetRegistry.Get(dataset), split, dataDirectory);
        }
    }

    public ValueTask DisposeAsync() => silo.DisposeAsync();
}
