namespace Afa.Tests.Grains;

/// <summary>A cluster that the tests of a class share; each takes names of its own.</summary>
public sealed class ThreeSilos : IAsyncLifetime
{
    internal TestCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await TestCluster.StartAsync(silos: 3);

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
