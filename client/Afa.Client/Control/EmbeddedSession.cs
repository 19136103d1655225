using Afa.Data;
using Afa.Grains;
using Afa.Silo;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>A cluster of one silo inside this process.</summary>
internal sealed class EmbeddedSession(EmbeddedSilo silo, string store) : IControlSession
{
    public IAfaControl Control => silo.Control;

    public string Store => store;

    public static async Task<IControlSession> StartAsync(SessionRequest request, CancellationToken cancellationToken)
    {
        var options = new EmbeddedSiloOptions { Store = request.Store, DeviceSlots = request.DeviceSlots, MetricsPort = request.MetricsPort };
        return new EmbeddedSession(await EmbeddedSilo.StartAsync(options, cancellationToken), request.Store);
    }

    public void RequireData(TrainingOptions options, int? images)
    {
        foreach (var split in Enum.GetValues<DataSplit>())
        {
            DatasetLoader.Require(options.Dataset, split, options.DataDirectory);
        }

        // Files with a name hold the official number, or are found to be a subset later.
        if (DatasetRegistry.IsPath(options.Dataset) && images is { } wanted && DatasetLoader.Open(options.Dataset, DataSplit.Test).Count is var count && count < wanted)
        {
            throw new UsageException($"{options.Dataset} has {count} test images, but the trained model is to be attacked on {wanted}. Use --images {count}, or --no-evaluate.");
        }

        if (options.Generated.Path is { } generated)
        {
            GeneratedImages.Open(generated, DatasetRegistry.Get(options.Dataset));
        }
    }

    public ValueTask DisposeAsync() => silo.DisposeAsync();
}
