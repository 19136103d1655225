using System.CommandLine;
using Afa.Client.Control;
using Afa.Compute;
using Afa.Silo;
using Afa.Silo.Api;

namespace Afa.Client.Commands;

/// <summary>Where a command works: the options that say so, and the session that they lead to. Each command needs an instance of its own.</summary>
/// <param name="takesDevices">Whether the command does tensor work, so that its silo can be told how.</param>
internal sealed class SessionFlags(bool takesDevices = false)
{
    private readonly Option<string?> _store = SharedOptions.Store();

    private readonly Option<string?> _cluster = new("--cluster")
    {
        HelpName = "HOST:PORT",
        Description = "Works with a running cluster instead of on its own: a silo's gateway ('afa silo'). Store, devices and data are the cluster's; reports go to afa-reports here.",
    };

    private readonly Option<string?> _redis = new("--redis")
    {
        HelpName = "HOST:PORT",
        Description = $"The same, by the Redis that the cluster's silos share. With a password: see {RedisAddress.ConnectionStringVariable} in 'afa silo --help'.",
    };

    private readonly Option<string?> _server = new("--server")
    {
        HelpName = "URL",
        Description = $"The same, by a silo's HTTP API, such as http://silo.example:8080. Its key: ${ApiKey.Variable}, or the file that ${ApiKey.FileVariable} names.",
    };

    private readonly Option<string?> _postgres = new("--postgres")
    {
        HelpName = "HOST:PORT/DB",
        Description = $"The same, by the PostgreSQL that the cluster's silos share. With a password: see {PostgresAddress.ConnectionStringVariable} in 'afa silo --help'.",
    };

    private readonly TlsFlags _tls = new(isSilo: false);
    private readonly Option<string?> _clusterId = new("--cluster-id") { HelpName = "NAME", Description = $"Of that cluster. [default: {SiloOptions.DefaultId}]" };
    private readonly Option<string?> _serviceId = new("--service-id") { HelpName = "NAME", Description = $"Of that cluster. [default: {SiloOptions.DefaultId}]" };
    private readonly Option<DeviceSlots?>? _devices = takesDevices ? SharedOptions.Devices() : null;
    private readonly Option<int?>? _metrics = takesDevices ? SharedOptions.MetricsPort() : null;

    /// <summary>The options, for the command's own.</summary>
    public IReadOnlyList<Option> All => [_store, .. OfWork, _cluster, _redis, _postgres, _server, _clusterId, _serviceId, .. _tls.All];

    /// <summary>Those of them that only a command which does tensor work has.</summary>
    public IReadOnlyList<Option> OfWork => _devices is null ? [] : [_devices, _metrics!];

    /// <summary>Reads where to work, without looking whether it is there.</summary>
    /// <exception cref="UsageException">The options do not go together.</exception>
    public SessionRequest Read(ParseResult parsed, ClientContext context)
    {
        var problems = new List<string>();
        var cluster = ClusterAddress.Read(
            parsed.GetValue(_cluster), parsed.GetValue(_redis), parsed.GetValue(_clusterId), parsed.GetValue(_serviceId), context.Environment, problems, parsed.GetValue(_postgres));
        var server = ServerAddress.Read(parsed.GetValue(_server), context.Environment, problems);
        var (own, others) = (Given(parsed, _store, _devices, _metrics), Given(parsed, [_clusterId, _serviceId, .. _tls.All]));
        if (server is not null && Given(parsed, _cluster, _redis, _postgres) is { Count: > 0 } otherWays)
        {
            problems.Add($"--server and {string.Join(", ", otherWays)} are ways to a cluster; give one.");
        }

        if (cluster is not null)
        {
            cluster = cluster with { Tls = _tls.Read(parsed, context.Environment, problems) };
        }

        if ((cluster is not null || server is not null) && own.Count > 0)
        {
            problems.Add($"{string.Join(", ", own)} cannot be given with --cluster, --redis, --postgres or --server: the cluster has its own.");
        }
        else if (cluster is null && problems.Count == 0 && others.Count > 0)
        {
            problems.Add($"There is no use for {string.Join(", ", others)} without --cluster, --redis or --postgres.");
        }

        UsageException.ThrowIfAny(problems);
        return new SessionRequest
        {
            Store = cluster?.Name ?? server?.Name ?? context.Store(parsed.GetValue(_store)),
            Cluster = cluster,
            Server = server,
            DeviceSlots = (_devices is null ? null : parsed.GetValue(_devices)) ?? DeviceSlots.EveryCore,
            MetricsPort = _metrics is null ? null : parsed.GetValue(_metrics),
        };
    }

    /// <summary>Opens the session.</summary>
    /// <exception cref="UsageException">The options do not go together, or the store is not there or cannot be written to.</exception>
    public async Task<IControlSession> OpenAsync(ParseResult parsed, ClientContext context, StoreUse use)
    {
        var request = Read(parsed, context);
        if (!request.IsRemote && use is StoreUse.Read or StoreUse.Extend)
        {
            await context.RequireStoreAsync(request.Store);
        }

        if (!request.IsRemote && use is StoreUse.Create or StoreUse.Extend)
        {
            await context.PrepareStoreAsync(request.Store);
        }

        return await context.Connect(request, context.Interrupt);
    }

    private static List<string> Given(ParseResult parsed, params IReadOnlyList<Option?> options) =>
        [.. options.OfType<Option>().Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option => option.Name)];
}
