namespace Afa.Grains;

/// <summary>Which silos have which device slots, and what these do. The key is 0.</summary>
[Alias("afa.cluster-map")]
public interface IClusterMapGrain : IGrainWithIntegerKey
{
    /// <summary>All active silos, in the order of their addresses. One that does not answer within seconds is listed all the same.</summary>
    [Alias("get")]
    Task<IReadOnlyList<SiloSummary>> GetAsync();
}
