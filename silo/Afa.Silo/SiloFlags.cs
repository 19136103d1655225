using System.CommandLine;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using Afa.Compute;
using Afa.Silo.Api;
using Afa.Storage;

namespace Afa.Silo;

/// <summary>The options of a silo's command line. Each can come from an environment variable instead, as containers have it.</summary>
public sealed class SiloFlags
{
    public const string Description =
        "Runs a silo until it is asked to end (SIGTERM or Ctrl-C). Then its runs write checkpoints and go on elsewhere, or when a silo is started again. " +
        "Serves a page for browsers at /, an HTTP API, /healthz/live, /healthz/ready and /metrics; OTEL_EXPORTER_OTLP_ENDPOINT and its like send metrics and traces elsewhere too.";

    /// <summary>Command lines that work as they are.</summary>
    public static IReadOnlyList<string> Examples { get; } =
    [
        "afa silo --devices cpu:2 --store /data/afa   # then, in another terminal: afa train --server http://localhost:8080",
        "afa silo --clustering redis --redis localhost:6379 --store /data/afa",
        "afa silo --clustering postgres --postgres db:5432/afa --store /data/afa   # user and password in AFA_POSTGRES_CONNECTION_STRING_FILE",
        "afa silo --clustering redis --redis localhost:6379 --store /data/afa --silo-port 11112 --gateway-port 30001 --http-port 8081   # a second one",
        "afa silo --clustering redis --redis localhost:6379 --store /data/afa --participant hospital-a --participant-data /data/private   # one of the owners of a federation",
    ];

    private readonly Option<string?> _store = Text("--store", "DIR|URL", "AFA_STORE",
        $"Where checkpoints, results and the state of runs lie, the same for all silos of a cluster: a folder that all see, or https://ACCOUNT.blob.core.windows.net/CONTAINER[/FOLDER], with its key in {StoreLocation.ConnectionStringVariable}, or in the file that {StoreLocation.ConnectionStringFileVariable} names, or a workload identity. Default: afa-store in the current folder.");

    private readonly Option<string?> _devices = Text("--devices", "cpu:N|cuda", "AFA_DEVICES", $"Device slots: cpu:N are N that share the cores, cuda is one for each GPU, cuda:0,1 one for each of these (untested; needs the build for GPUs, AFA_TORCH_DEVICE=cuda). Default: {DeviceSlots.EveryCore}, one for each core.");

    private readonly Option<string?> _clustering = Text("--clustering", "localhost|redis|postgres", "AFA_CLUSTERING", "How silos find each other: one silo on this machine, or any number that share a Redis or a PostgreSQL. Default: localhost.");

    private readonly Option<string?> _redis = Text("--redis", "HOST:PORT", RedisAddress.AddressVariable, $"The Redis. With a password: the whole connection string in {RedisAddress.ConnectionStringVariable}, or in the file that {RedisAddress.ConnectionStringFileVariable} names.");

    private readonly Option<string?> _postgres = Text("--postgres", "HOST:PORT/DB", PostgresAddress.AddressVariable, $"The PostgreSQL and its database (5432, afa); missing tables are created. With user and password: the whole connection string in {PostgresAddress.ConnectionStringVariable}, or in the file that {PostgresAddress.ConnectionStringFileVariable} names.");

    private readonly Option<string?> _clusterId = Text("--cluster-id", "NAME", "AFA_CLUSTER_ID", "Only silos of one name find each other. Default: afa.");

    private readonly Option<string?> _serviceId = Text("--service-id", "NAME", "AFA_SERVICE_ID", "Stays the same when a cluster is replaced by another. Default: afa.");

    private readonly Option<string?> _listen = Text("--listen", "ADDRESS", "AFA_LISTEN", "Address to listen on for silos, clients and HTTP. Without --tls-certificate the ports for silos and clients are open to whoever reaches them: a network of the cluster's own is needed. HTTP is never encrypted; on a network, its page and API are closed to whoever has no key (see --http-port), while health and metrics are open. 0.0.0.0: all. Default: 127.0.0.1.");

    private readonly Option<string?> _advertise = Text("--advertise", "ADDRESS", "AFA_ADVERTISE", "Address under which other silos and clients reach this one. Default: the one that it listens on.");

    private readonly Option<string?> _siloPort = Text("--silo-port", "PORT", "AFA_SILO_PORT", "For other silos. Default: 11111.");

    private readonly Option<string?> _gatewayPort = Text("--gateway-port", "PORT", "AFA_GATEWAY_PORT", "For clients: afa ... --cluster HOST:PORT. Default: 30000.");

    private readonly Option<string?> _httpPort = Text("--http-port", "PORT", "AFA_HTTP_PORT", $"For /healthz/live, /healthz/ready, /metrics, and for the page at / and the API (/api/v1, /openapi/v1.json) of afa ... --server URL, which are open to all on loopback, and elsewhere to whoever has the key in {ApiKey.Variable}, or in the file that {ApiKey.FileVariable} names, or a token of Entra ID ({EntraOptions.TenantVariable}, {EntraOptions.AudienceVariable}). Default: 8080.");

    private readonly Option<string?> _drain = Text("--drain-seconds", "N", "AFA_DRAIN_SECONDS", "How long an ending silo may take to hand its runs over. Default: 60.");

    private readonly Option<string?> _participant = Text("--participant", "NAME", "AFA_PARTICIPANT", "Whose silo this is in federations of owners (afa federate --owners): that participant trains and judges here only, with the files that lie here. Default: nobody's.");

    private readonly Option<string?> _participantData = Text("--participant-data", "DIR", "AFA_PARTICIPANT_DATA", "Folder with that participant's files, whatever a federation's options say. Default: where those say.");

    private readonly Option<string?> _participantStore = Text("--participant-store", "DIR", "AFA_PARTICIPANT_STORE", "Folder for what that participant keeps to itself, such as its own normalization layers. Default: the --store, which others may read.");

    private readonly TlsFlags _tls = new(isSilo: true);

    private readonly Option<bool> _kubernetes = new("--kubernetes") { Description = "Takes name, address and cluster from the pod, and leaves pods that are gone out of the cluster (needs POD_NAME, POD_NAMESPACE, POD_IP, ORLEANS_SERVICE_ID, ORLEANS_CLUSTER_ID)." };

    private readonly Option<bool> _dashboard = new("--dashboard") { Description = "Serves Orleans' dashboard under /dashboard beside the page: calls and times of every grain, which costs some. To see all silos there, give it to all." };

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [_store, _devices, _clustering, _redis, _postgres, _clusterId, _serviceId, _listen, _advertise, _siloPort, _gatewayPort, _httpPort, .. _tls.All, _participant, _participantData, _participantStore, _drain, _kubernetes, _dashboard];

    /// <summary>Reads the options; what is wrong with them is added to the problems, all of it.</summary>
    public SiloOptions Read(ParseResult parsed, Func<string, string?> environment, List<string> problems)
    {
        var defaults = new SiloOptions();
        var options = new SiloOptions
        {
            Store = Given(_store, "AFA_STORE") ?? defaults.Store,
            DeviceSlots = Slots() ?? defaults.DeviceSlots,
            Clustering = Parsed<Clustering>(
                _clustering, "AFA_CLUSTERING", (string text, out Clustering value) => Enum.TryParse(text, ignoreCase: true, out value) && !char.IsAsciiDigit(text[0]), text => $"must be localhost, redis or postgres, not '{text}'.") ?? defaults.Clustering,
            ClusterId = Given(_clusterId, "AFA_CLUSTER_ID") ?? defaults.ClusterId,
            ServiceId = Given(_serviceId, "AFA_SERVICE_ID") ?? defaults.ServiceId,
            Listen = Address(_listen, "AFA_LISTEN") ?? defaults.Listen,
            Advertised = Address(_advertise, "AFA_ADVERTISE"),
            SiloPort = Port(_siloPort, "AFA_SILO_PORT") ?? defaults.SiloPort,
            GatewayPort = Port(_gatewayPort, "AFA_GATEWAY_PORT") ?? defaults.GatewayPort,
            Access = ApiAccess.Read(environment, problems),
            HttpPort = Port(_httpPort, "AFA_HTTP_PORT") ?? defaults.HttpPort,
            Drain = Parsed<int>(_drain, "AFA_DRAIN_SECONDS", (string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value is >= 1 and <= 3600, text => $"must be from 1 to 3600 seconds, not '{text}'.") is { } seconds
                ? TimeSpan.FromSeconds(seconds) : defaults.Drain,
            IsInKubernetes = parsed.GetValue(_kubernetes),
            HasDashboard = parsed.GetValue(_dashboard),
            Tls = _tls.Read(parsed, environment, problems),
            Participant = Given(_participant, "AFA_PARTICIPANT"),
            ParticipantData = Given(_participantData, "AFA_PARTICIPANT_DATA"),
            ParticipantStore = Given(_participantStore, "AFA_PARTICIPANT_STORE"),
        };
        if (options.Clustering == Clustering.Redis)
        {
            options = options with { Redis = RedisAddress.Read(parsed.GetValue(_redis), environment, problems) };
        }
        else if (options.Clustering == Clustering.Postgres)
        {
            options = options with { Postgres = PostgresAddress.Read(parsed.GetValue(_postgres), environment, problems) };
        }

        RequireFit(_redis, Clustering.Redis);
        RequireFit(_postgres, Clustering.Postgres);

        var found = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), found, validateAllProperties: true);
        problems.AddRange(found.Select(problem => problem.ErrorMessage!));
        return options;

        string? Given(Option<string?> option, string variable) => parsed.GetValue(option) ?? (environment(variable) is { Length: > 0 } value ? value : null);

        // What is given here is meant for this silo, while a variable may be there for other programs.
        void RequireFit(Option<string?> address, Clustering clustering)
        {
            if (parsed.GetValue(address) is not null && options.Clustering != clustering)
            {
                problems.Add($"{address.Name} is of no use with --clustering {options.Clustering.ToString().ToLowerInvariant()}: give --clustering {clustering.ToString().ToLowerInvariant()} too, or leave {address.Name} out.");
            }
        }

        DeviceSlots? Slots()
        {
            if (Given(_devices, "AFA_DEVICES") is not { } text)
            {
                return null;
            }

            if (DeviceSlots.TryParse(text, out var slots))
            {
                return slots;
            }

            problems.Add($"{(parsed.GetValue(_devices) is null ? "AFA_DEVICES" : _devices.Name)} {DeviceSlots.Rule(text)}");
            return null;
        }

        T? Parsed<T>(Option<string?> option, string variable, TryParse<T> tryParse, Func<string, string> rule)
            where T : struct
        {
            if (Given(option, variable) is not { } text)
            {
                return null;
            }

            if (tryParse(text, out var value))
            {
                return value;
            }

            problems.Add($"{(parsed.GetValue(option) is null ? variable : option.Name)} {rule(text)}");
            return null;
        }

        int? Port(Option<string?> option, string variable) => Parsed<int>(
            option, variable, (string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value is >= 1 and <= IPEndPoint.MaxPort, text => $"must be a port from 1 to {IPEndPoint.MaxPort}, not '{text}'.");

        IPAddress? Address(Option<string?> option, string variable)
        {
            if (Given(option, variable) is not { } text)
            {
                return null;
            }

            if (IPAddress.TryParse(text, out var address))
            {
                return address;
            }

            problems.Add($"{(parsed.GetValue(option) is null ? variable : option.Name)} must be an IP address, such as 127.0.0.1, not '{text}'.");
            return null;
        }
    }

    private delegate bool TryParse<T>(string text, out T value);

    private static Option<string?> Text(string name, string value, string variable, string description) => new(name) { HelpName = value, Description = $"{description} [{variable}]" };
}
