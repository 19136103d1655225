using Afa.Checkpoints;
using Afa.Compute;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Storage;

namespace Afa.Grains;

/// <summary>Makes a silo able to host the grains.</summary>
public static class SiloBuilderExtensions
{
    /// <summary>Adds what the grains need.</summary>
    /// <param name="store">Where checkpoints, results and grain state lie; every silo of a cluster sees the same.</param>
    /// <param name="devices">The silo's device slots. The silo does not dispose them.</param>
    public static ISiloBuilder AddAfaGrains(this ISiloBuilder silo, IBlobStore store, DevicePool devices)
    {
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddSingleton(store);
        silo.Services.AddSingleton(devices);
        silo.Services.AddSingleton<CheckpointStore>();
        silo.Services.AddSingleton<DatasetCache>();
        silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.Store, (services, _) => new BlobGrainStorage(services.GetRequiredService<IBlobStore>()));
        return silo;
    }
}
