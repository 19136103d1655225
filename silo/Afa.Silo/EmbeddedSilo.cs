using System.Net;
using System.Net.Sockets;
using Afa.Checkpoints;
using Afa.Compute;
using Afa.Grains;
using Afa.Storage;
using Afa.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Afa.Silo;

/// <summary>A whole cluster of one silo inside the client's process, on loopback: what runs when no other cluster is named.</summary>
public sealed class EmbeddedSilo : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly DevicePool _devices;

    private EmbeddedSilo(IHost host, DevicePool devices)
    {
        _host = host;
        _devices = devices;
        Control = new GrainControl(host.Services.GetRequiredService<IGrainFactory>());
    }

    /// <summary>What a user can ask of it.</summary>
    public IAfaControl Control { get; }

    /// <summary>Starts the silo; takes some seconds.</summary>
    public static async Task<EmbeddedSilo> StartAsync(EmbeddedSiloOptions options, CancellationToken cancellationToken = default)
    {
        var store = StoreLocation.Parse(options.Store).Open();
        var devices = new DevicePool(options.DeviceSlots);
        var host = options.MetricsPort is { } port ? BuildWithMetrics(port, store, devices) : Build(store, devices);
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch
        {
            host.Dispose();
            devices.Dispose();
            throw;
        }

        return new EmbeddedSilo(host, devices);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        _devices.Dispose();
    }

    private static IHost Build(IBlobStore store, DevicePool devices)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        Configure(builder, store, devices);
        return builder.Build();
    }

    private static WebApplication BuildWithMetrics(int port, IBlobStore store, DevicePool devices)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        Configure(builder, store, devices);
        builder.UseOrleans(silo => silo.AddActivityPropagation());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.AddAfaExporters();
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        app.Services.UseAfaInstruments();
        app.UseRouting();
        app.MapPrometheusScrapingEndpoint("/metrics");
        return app;
    }

    private static void Configure(IHostApplicationBuilder builder, IBlobStore store, DevicePool devices)
    {
        builder.Logging.AddProvider(new ErrorLog()).SetMinimumLevel(LogLevel.Warning).AddFilter("Orleans", LogLevel.None).AddFilter("Microsoft", LogLevel.None);
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(FreePort(), FreePort(), serviceId: "afa", clusterId: $"afa-{Environment.ProcessId}")
            .Configure<EndpointOptions>(endpoint => endpoint.AdvertisedIPAddress = IPAddress.Loopback)
            .AddAfaGrains(store, devices));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
