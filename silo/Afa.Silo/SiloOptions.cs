using System.ComponentModel.DataAnnotations;
using System.Net;
using Afa.Compute;
using Afa.Grains;
using Afa.Silo.Api;
using Afa.Storage;
using StackExchange.Redis;

namespace Afa.Silo;

/// <summary>How silos find each other.</summary>
public enum Clustering
{
    /// <summary>One silo, on loopback.</summary>
    Localhost,

    /// <summary>Any number of silos that share a Redis.</summary>
    Redis,

    /// <summary>Any number of silos that share a database of a PostgreSQL.</summary>
    Postgres,
}

/// <summary>Settings of a silo that is a process of its own.</summary>
public sealed record SiloOptions : IValidatableObject
{
    /// <summary>Cluster and service are called so unless told otherwise.</summary>
    public const string DefaultId = "afa";

    /// <summary>Where checkpoints, results and the state of runs lie, as <see cref="StoreLocation"/> takes it; created if it is missing.</summary>
    public string Store { get; init; } = "afa-store";

    /// <summary>What tensor work runs on. Whether the machine has it is found out when the silo starts.</summary>
    public DeviceSlots DeviceSlots { get; init; } = DeviceSlots.EveryCore;

    public Clustering Clustering { get; init; }

    /// <summary>Needed by <see cref="Clustering.Redis"/>. May hold a password.</summary>
    public ConfigurationOptions? Redis { get; init; }

    /// <summary>Needed by <see cref="Clustering.Postgres"/>. May hold a password.</summary>
    public PostgresAddress? Postgres { get; init; }

    /// <summary>The silo's certificate; null: silos and clients talk in the open.</summary>
    public TlsFiles? Tls { get; init; }

    public string ClusterId { get; init; } = DefaultId;

    public string ServiceId { get; init; } = DefaultId;

    /// <summary>Where the silo listens, for silos, clients and HTTP.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>Where others reach the silo; null: where it listens.</summary>
    public IPAddress? Advertised { get; init; }

    public int SiloPort { get; init; } = 11111;

    public int GatewayPort { get; init; } = 30000;

    public int HttpPort { get; init; } = 8080;

    /// <summary>The participant of federations whose silo it is; null: nobody's.</summary>
    public string? Participant { get; init; }

    /// <summary>Where that participant's data lie; null: where a federation's options say.</summary>
    public string? ParticipantData { get; init; }

    /// <summary>Folder for what does not leave the participant; null: the store.</summary>
    public string? ParticipantStore { get; init; }

    /// <summary>Whether the silo also serves the dashboard of Orleans, which counts every call of every grain.</summary>
    public bool HasDashboard { get; init; }

    /// <summary>Who may use the HTTP API and the page.</summary>
    public ApiAccess Access { get; init; } = new();

    /// <summary>How long an ending silo may take.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether name, address and cluster are the pod's.</summary>
    public bool IsInKubernetes { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (StoreProblem() is { } problem)
        {
            yield return new($"--store: {problem}", [nameof(Store)]);
        }

        if (string.IsNullOrWhiteSpace(ClusterId) || string.IsNullOrWhiteSpace(ServiceId))
        {
            yield return new("--cluster-id and --service-id must not be empty.", [nameof(ClusterId), nameof(ServiceId)]);
        }

        if (new[] { SiloPort, GatewayPort, HttpPort }.Distinct().Count() < 3)
        {
            yield return new($"--silo-port, --gateway-port and --http-port must differ, not {SiloPort}, {GatewayPort} and {HttpPort}.", [nameof(SiloPort), nameof(GatewayPort), nameof(HttpPort)]);
        }

        if (Participant is { } participant && !WorkName.IsValid(participant))
        {
            yield return new($"--participant: {WorkName.Rule(participant)}", [nameof(Participant)]);
        }

        if (Participant is null && (ParticipantData ?? ParticipantStore) is not null)
        {
            yield return new("--participant-data and --participant-store belong to a participant; name it by --participant.", [nameof(Participant)]);
        }

        if (ParticipantData is { } data && !Directory.Exists(data))
        {
            yield return new($"--participant-data: there is no folder '{data}'.", [nameof(ParticipantData)]);
        }

        if (Clustering == Clustering.Localhost && (!IPAddress.IsLoopback(Listen) || (Advertised is not null && !IPAddress.IsLoopback(Advertised)) || IsInKubernetes))
        {
            yield return new("--clustering localhost is for one silo on loopback; --listen and --advertise of a network and --kubernetes need --clustering redis or postgres.", [nameof(Clustering)]);
        }

        if (IsAny(Listen) && Advertised is null && !IsInKubernetes)
        {
            yield return new($"--listen {Listen} says where to listen, but not where others reach the silo; name that by --advertise.", [nameof(Advertised)]);
        }

        if (Advertised is not null && IsAny(Advertised))
        {
            yield return new($"--advertise must be an address that others can reach, not {Advertised}.", [nameof(Advertised)]);
        }
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private string? StoreProblem()
    {
        try
        {
            StoreLocation.Parse(Store);
            return null;
        }
        catch (ArgumentException exception)
        {
            return exception.Message;
        }
    }
}
