using Afa.Checkpoints;
using Afa.Compute;
using Afa.Telemetry;
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
    /// <param name="owner">Whose silo it is in federations; null: nobody's.</param>
    public static ISiloBuilder AddAfaGrains(this ISiloBuilder silo, IBlobStore store, DevicePool devices, SiloOwner? owner = null)
    {
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddSingleton(store);
        silo.Services.AddSingleton(devices);
        silo.Services.AddSingleton<CheckpointStore>();
        silo.Services.AddSingleton<AggregationReports>();
        silo.Services.AddSingleton<DatasetCache>();
        silo.Services.AddSingleton<SiloWork>();
        silo.Services.AddSingleton<LocalReductions>();
        silo.Services.AddSingleton<TrainerConnections>();
        silo.Services.AddSingleton(owner ?? new SiloOwner());
        silo.Services.AddSingleton<PrivateShards>();
        silo.Services.AddSingleton<FederationSlots>();
        silo.Services.AddAfaInstruments();
        silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.Store, (services, _) => new BlobGrainStorage(services.GetRequiredService<IBlobStore>()));
        return silo;
    }

    /// <summary>Adds what makes work go on when silos come and go. A silo inside the client leaves that to its user.</summary>
    public static IServiceCollection AddAfaRecovery(this IServiceCollection services)
    {
        services.Configure<RunRecoveryOptions>(recovery => recovery.ResumesOnActivation = true);
        services.AddHostedService<WorkKeeper>();
        services.AddHostedService<HandOver>();
        return services;
    }
}
