using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime.Placement;

namespace Afa.Grains;

[StatelessWorker]
internal sealed class ClusterMapGrain(TimeProvider time, ILogger<ClusterMapGrain> logger) : Grain, IClusterMapGrain
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public async Task<IReadOnlyList<SiloSummary>> GetAsync()
    {
        var silos = await GrainFactory.ActiveSilosAsync();
        return await Task.WhenAll(silos.Select(AskAsync));
    }

    private async Task<SiloSummary> AskAsync(SiloAddress silo)
    {
        var name = silo.ToParsableString();
        try
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
            return await GrainFactory.GetGrain<ISiloMapGrain>(name).GetAsync().WaitAsync(s_patience, time);
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            logger.LogDebug(exception, "Silo {Silo} does not answer.", name);   // As long as it is listed, the one that asks is told each time.
            return new SiloSummary(name, Devices: null);
        }
        finally
        {
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }
    }
}
