using System.Net;
using StackExchange.Redis;

namespace Afa.Silo;

/// <summary>Where a client finds a running cluster: a silo's gateway, or the Redis in which its silos are listed.</summary>
/// <param name="Name">As the user names it: "cluster HOST:PORT" or "redis HOST:PORT". Holds no secret.</param>
/// <param name="Gateway">Host and port of a gateway; null if a Redis is asked.</param>
/// <param name="Redis">May hold a password; null if a gateway is asked.</param>
public sealed record ClusterAddress(string Name, DnsEndPoint? Gateway, ConfigurationOptions? Redis, string ClusterId, string ServiceId)
{
    private const string GatewayKind = "cluster ";
    private const string RedisKind = "redis ";

    /// <summary>Whether a text is the <see cref="Name"/> of a cluster, not the full path or address of a store.</summary>
    public static bool IsName(string text) => text.StartsWith(GatewayKind, StringComparison.Ordinal) || text.StartsWith(RedisKind, StringComparison.Ordinal);

    /// <summary>Reads the address of a cluster from what a user gave; null if nothing was, or if it is wrong, which is added to the problems.</summary>
    /// <param name="gateway">HOST:PORT of a gateway.</param>
    /// <param name="redis">HOST:PORT of a Redis.</param>
    /// <param name="environment">Looks up the variables with credentials.</param>
    public static ClusterAddress? Read(string? gateway, string? redis, string? clusterId, string? serviceId, Func<string, string?> environment, List<string> problems)
    {
        var (cluster, service) = (clusterId ?? SiloOptions.DefaultId, serviceId ?? SiloOptions.DefaultId);
        if (gateway is not null && redis is not null)
        {
            problems.Add("--cluster names a silo and --redis the list of all of them; give one.");
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

        return null;
    }

    /// <summary>Without the Redis' password.</summary>
    public override string ToString() => Name;
}
