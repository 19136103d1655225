using System.Net;
using StackExchange.Redis;

namespace Afa.Silo;

/// <summary>Where a client finds a running cluster: a silo's gateway, or the Redis or PostgreSQL in which its silos are listed.</summary>
/// <param name="Name">As the user names it: "cluster HOST:PORT", "redis HOST:PORT" or "postgres HOST:PORT/DATABASE". Holds no secret.</param>
/// <param name="Gateway">Host and port of a gateway; null if a Redis or a PostgreSQL is asked.</param>
/// <param name="Redis">May hold a password; null if it is not asked.</param>
public sealed record ClusterAddress(string Name, DnsEndPoint? Gateway, ConfigurationOptions? Redis, string ClusterId, string ServiceId)
{
    private const string GatewayKind = "cluster ";
    private const string RedisKind = "redis ";
    private const string PostgresKind = "postgres ";

    /// <summary>May hold a password; null if it is not asked.</summary>
    public PostgresAddress? Postgres { get; init; }

    /// <summary>The client's certificate; null: the cluster wants none.</summary>
    public TlsFiles? Tls { get; init; }

    /// <summary>Whether a text is the <see cref="Name"/> of a cluster, not the full path or address of a store.</summary>
    public static bool IsName(string text) => new[] { GatewayKind, RedisKind, PostgresKind }.Any(kind => text.StartsWith(kind, StringComparison.Ordinal));

    /// <summary>Reads the address of a cluster from what a user gave; null if nothing was, or if it is wrong, which is added to the problems.</summary>
    /// <param name="gateway">HOST:PORT of a gateway.</param>
    /// <param name="redis">HOST:PORT of a Redis.</param>
    /// <param name="environment">Looks up the variables with credentials.</param>
    /// <param name="postgres">HOST:PORT/DATABASE of a PostgreSQL.</param>
    public static ClusterAddress? Read(string? gateway, string? redis, string? clusterId, string? serviceId, Func<string, string?> environment, List<string> problems, string? postgres = null)
    {
        var (cluster, service) = (clusterId ?? SiloOptions.DefaultId, serviceId ?? SiloOptions.DefaultId);
        if (new[] { gateway, redis, postgres }.Count(given => given is not null) > 1)
        {
            problems.Add("--cluster names a silo, --redis and --postgres where all of them are listed; give one.");
        }
        else if (gateway is not null)
        {
            var end = gateway.LastIndexOf(':');
            if (end > 0 && int.TryParse(gateway.AsSpan(end + 1), out var port) && port is >= 1 and <= IPEndPoint.MaxPort)
            {
                return new(GatewayKind + gateway, new DnsEndPoint(gateway[..end].Trim('[', ']'), port), null, cluster, service);
            }

            problems.Add($"--cluster must be HOST:PORT, where the port is a silo's --gateway-port, not '{gateway}'.");
        }
        else if (redis is not null && RedisAddress.Read(redis, environment, problems) is { } options)
        {
            return new(RedisKind + redis, null, options, cluster, service);
        }
        else if (postgres is not null && PostgresAddress.Read(postgres, environment, problems) is { } database)
        {
            return new(PostgresKind + postgres, null, null, cluster, service) { Postgres = database };
        }

        return null;
    }

    /// <summary>Without a password.</summary>
    public override string ToString() => Name;
}
