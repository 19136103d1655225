using Orleans.Concurrency;

namespace Afa.Grains;

/// <summary>Tells what one silo does. The key is the silo's address, which is also the caller's placement hint, so that it lives there.</summary>
[Alias("afa.silo-load-grain")]
public interface ISiloLoadGrain : IGrainWithStringKey
{
    /// <summary>The silo on which this grain lives.</summary>
    [Alias("load"), AlwaysInterleave]
    Task<SiloLoad> GetLoadAsync();
}
