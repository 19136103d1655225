using Afa.Grains;

namespace Afa.Silo.Api;

/// <summary>The silos of a cluster.</summary>
public sealed record ClusterMap(IReadOnlyList<SiloLoad> Silos);
