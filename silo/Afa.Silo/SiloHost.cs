using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Afa.Compute;
using Afa.Grains;
using Afa.Silo.Api;
using Afa.Silo.Page;
using Afa.Storage;
using Afa.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Dashboard;
using StackExchange.Redis;

namespace Afa.Silo;

/// <summary>A silo of a cluster, with its page, health and metrics over HTTP.</summary>
public static class SiloHost
{
    private const string Ready = "ready";

    /// <summary>Runs a silo until the process gets SIGTERM or SIGINT and its runs are handed over.</summary>
    /// <exception cref="SiloStartException">The devices, the store, the Redis or the PostgreSQL cannot be used, or a port is taken.</exception>
    public static async Task RunAsync(SiloOptions options)
    {
        try
        {
            await RunAsync(options, StoreLocation.Parse(options.Store));
        }
        catch (Exception exception) when (exception is not SiloStartException && exception.GetBaseException() is (IOException or RedisException or DbException or SocketException or ArgumentException or UnauthorizedAccessException))
        {
            throw new SiloStartException($"The silo cannot work: {exception.GetBaseException().Message}", exception);
        }
    }

    private static async Task RunAsync(SiloOptions options, StoreLocation location)
    {
        using var devices = Open(options.DeviceSlots);
        await location.PrepareAsync();
        if (options.Redis is { } redis)
        {
            await RequireRedisAsync(redis);
        }
        else if (options.Postgres is { } postgres)
        {
            await PostgresTables.PrepareAsync(postgres);
        }

        await using var app = Build(options, location, devices);
        app.Lifetime.ApplicationStarted.Register(() => app.Logger.LogInformation(
            "Silo of cluster {Cluster} with {Slots} and store {Store}; clients: port {Gateway}; http://{Listen}:{Http}/, /healthz/ready and /metrics",
            options.ClusterId, devices, location, options.GatewayPort, options.Listen, options.HttpPort));
        await app.RunAsync();
    }

    private static DevicePool Open(DeviceSlots slots)
    {
        try
        {
            return new DevicePool(slots);
        }
        catch (NotSupportedException exception)
        {
            throw new SiloStartException($"--devices {exception.Message}", exception);
        }
    }

    /// <summary>Finds out now, in one sentence, what Orleans would find out on its way up.</summary>
    private static async Task RequireRedisAsync(ConfigurationOptions redis)
    {
        try
        {
            await using var connection = await ConnectionMultiplexer.ConnectAsync(redis);
            await connection.GetDatabase().PingAsync();
        }
        catch (RedisException exception)
        {
            throw new SiloStartException($"The Redis at {string.Join(", ", redis.EndPoints.Select(EndPointCollection.ToString))} cannot be used: {exception.Message}", exception);
        }
    }

    internal static WebApplication Build(SiloOptions options, StoreLocation store, DevicePool devices)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "yyyy-MM-dd HH:mm:ss "))
            .SetMinimumLevel(Environment.GetEnvironmentVariable("AFA_DEBUG") == "1" ? LogLevel.Debug : LogLevel.Warning)
            .AddFilter("Afa", LogLevel.Information);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(options.Listen, options.HttpPort);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Drain);
        builder.Services.AddRoutingCore();
        builder.AddAfaExporters();
        builder.Services.AddHealthChecks()
            .AddCheck<ClusterHealth>("cluster", tags: [Ready])
            .AddCheck("store", new RememberedHealth(new StoreHealth(store), TimeProvider.System), tags: [Ready])
            .AddCheck("devices", new RememberedHealth(new DeviceHealth(devices), TimeProvider.System), tags: [Ready]);
        builder.Services.AddAfaHealthTelemetry();
        builder.UseOrleans(silo => Configure(silo, options).AddAfaGrains(store.Open(), devices, Owner(options)));
        builder.Services.AddAfaRecovery();
        builder.Services.AddAfaApi(options);

        var app = builder.Build();
        app.Services.UseAfaInstruments();
        app.UseAfaApi();
        app.UseRouting();
        app.MapHealthChecks("/healthz/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/healthz/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready), ResponseWriter = HealthReportText.WriteAsync });
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapAfaApi();
        app.MapAfaPage(options.HasDashboard);
        if (options.HasDashboard)
        {
            app.MapOrleansDashboard(PageLinks.Dashboard);
        }

        return app;
    }

    private static SiloOwner Owner(SiloOptions options) =>
        new(options.Participant, options.ParticipantData, options.ParticipantStore is { } folder ? StoreLocation.Parse(folder).Open() : null);

    private static ISiloBuilder Configure(ISiloBuilder silo, SiloOptions options)
    {
        if (options.Clustering == Clustering.Redis)
        {
            silo.UseRedisClustering(redis => redis.ConfigurationOptions = options.Redis);
        }
        else if (options.Postgres is { } postgres)
        {
            silo.UseAdoNetClustering(database => (database.Invariant, database.ConnectionString) = (PostgresAddress.Invariant, postgres.ConnectionString));
        }
        else
        {
            silo.UseLocalhostClustering(options.SiloPort, options.GatewayPort);
        }

        if (options.Tls is { } tls)
        {
            silo.Configure<SiloConnectionOptions>(new TlsConnections(tls, TimeProvider.System).Configure);
        }

        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId))
            .Configure<EndpointOptions>(endpoint =>
            {
                if (options.Advertised is not null || !options.IsInKubernetes)   // Else Orleans takes the pod's.
                {
                    endpoint.AdvertisedIPAddress = options.Advertised ?? options.Listen;
                }

                (endpoint.SiloPort, endpoint.GatewayPort) = (options.SiloPort, options.GatewayPort);
                endpoint.SiloListeningEndpoint = new IPEndPoint(options.Listen, options.SiloPort);
                endpoint.GatewayListeningEndpoint = new IPEndPoint(options.Listen, options.GatewayPort);
            })
            .Configure<ConnectionOptions>(connection => connection.ConnectionsPerEndpoint = ClusterConnection.PerEndpoint)
            .Configure<SiloMessagingOptions>(messaging => messaging.MaxMessageBodySize = ClusterConnection.MaxMessageSizeInBytes)
            .AddActivityPropagation();
        if (options.HasDashboard)
        {
            silo.AddDashboard();
        }

        return options.IsInKubernetes ? silo.UseKubernetesHosting() : silo;
    }
}
