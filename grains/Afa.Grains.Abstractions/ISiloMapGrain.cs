namespace Afa.Grains;

/// <summary>Tells of the silo that it lives on. The key is the silo's address.</summary>
[Alias("afa.silo-map")]
public interface ISiloMapGrain : IGrainWithStringKey
{
    [Alias("get")]
    Task<SiloSummary> GetAsync();
}
