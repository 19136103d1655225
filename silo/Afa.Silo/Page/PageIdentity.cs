namespace Afa.Silo.Page;

/// <summary>Which silo serves the page.</summary>
/// <param name="Cluster">Name of its cluster.</param>
/// <param name="Silo">Its address, as the cluster's map has it.</param>
/// <param name="Gateway">Where clients connect to it: HOST:PORT.</param>
/// <param name="HasDashboard">Whether it also serves the dashboard of Orleans.</param>
internal sealed record PageIdentity(string Cluster, string Silo, string Gateway, bool HasDashboard);
