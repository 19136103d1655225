using System.Data.Common;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Afa.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Configuration;
using StackExchange.Redis;

namespace Afa.Silo;

/// <summary>A connection to a running cluster, from outside it.</summary>
public sealed class ClusterClient : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);   // For a first answer: the silo may just be starting.

    private readonly IHost _host;

    private ClusterClient(IHost host)
    {
        _host = host;
        Control = new GrainControl(host.Services.GetRequiredService<IClusterClient>());
    }

    /// <summary>What a user can ask of the cluster.</summary>
    public IAfaControl Control { get; }

    /// <summary>Connects to a cluster.</summary>
    /// <exception cref="IOException">No silo answers; the message says where.</exception>
    public static async Task<ClusterClient> ConnectAsync(ClusterAddress address, CancellationToken cancellationToken = default)
    {
        IHost? host = null;
        try
        {
            var gateways = address.Gateway is null ? [] : await GatewaysAsync(address.Gateway, cancellationToken);
            host = Build(address, gateways);
            await host.StartAsync(cancellationToken);
            return new ClusterClient(host);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException or SocketException or RedisException or DbException)
        {
            host?.Dispose();
            var reason = exception is DbException database ? PostgresTables.Reason(database) : exception.Message.Split('\n')[0];
            var tls = address.Tls is null ? "and without TLS, which would need --tls-certificate here too" : "and with certificates of the same authority";
            throw new IOException($"No silo answers at {address}: {reason} Is one running ('afa silo') with that gateway port and the cluster id '{address.ClusterId}', {tls}?", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static IHost Build(ClusterAddress address, IPEndPoint[] gateways)
    {
        var started = Stopwatch.GetTimestamp();
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddProvider(new ErrorLog()).SetMinimumLevel(LogLevel.Warning).AddFilter("Orleans", LogLevel.None).AddFilter("Microsoft", LogLevel.None);
        builder.UseOrleansClient(client =>
        {
            if (address.Redis is { } redis)
            {
                client.UseRedisClustering(options => options.ConfigurationOptions = redis);
            }
            else if (address.Postgres is { } postgres)
            {
                client.UseAdoNetClustering(database => (database.Invariant, database.ConnectionString) = (PostgresAddress.Invariant, postgres.ConnectionString));
            }
            else
            {
                client.UseStaticClustering(gateways);
            }

            if (address.Tls is { } tls)
            {
                client.Configure<ClientConnectionOptions>(new TlsConnections(tls, TimeProvider.System).Configure);
            }

            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (address.ClusterId, address.ServiceId))
                .Configure<ConnectionOptions>(connection => connection.ConnectionsPerEndpoint = ClusterConnection.PerEndpoint)
                .Configure<ClientMessagingOptions>(messaging => messaging.MaxMessageBodySize = ClusterConnection.MaxMessageSizeInBytes)
                .UseConnectionRetryFilter(RetryAsync)
                .AddOutgoingGrainCallFilter<PatientCalls>();
        });
        return builder.Build();

        async Task<bool> RetryAsync(Exception exception, CancellationToken cancellationToken)
        {
            if (exception.GetBaseException() is PostgresException { SqlState: ['2', '8', ..] })
            {
                return false;   // It wants another user or password: no wait will help.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken);
            return Stopwatch.GetElapsedTime(started) < s_patience;
        }
    }

    private static async Task<IPEndPoint[]> GatewaysAsync(DnsEndPoint gateway, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(gateway.Host, AddressFamily.InterNetwork, cancellationToken);
        return [.. addresses.Select(address => new IPEndPoint(address, gateway.Port))];
    }
}
