using Orleans.Runtime.Placement;

namespace Afa.Grains;

/// <summary>The silos on which work can be placed.</summary>
internal static class ActiveSilos
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>All that are active, in an order that each of them finds.</summary>
    public static async Task<List<SiloAddress>> ActiveSilosAsync(this IGrainFactory grains) =>
        [.. (await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Keys.Order()];

    /// <summary>What a silo does. Null for one that does not answer: one that has died is listed until the others know. It may be another's, as the grain of a silo that has just ended lives there.</summary>
    public static async Task<SiloLoad?> LoadOfAsync(this IGrainFactory grains, SiloAddress silo)
    {
        try
        {
            return await AtAsync(silo, () => grains.GetGrain<ISiloLoadGrain>(silo.ToParsableString()).GetLoadAsync().WaitAsync(s_patience));
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            return null;
        }
    }

    /// <summary>Makes a call that has its grain, if that does not live, come up on a silo; null: on any.</summary>
    public static async Task<T> AtAsync<T>(SiloAddress? silo, Func<Task<T>> callAsync)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, silo!);
        try
        {
            return await callAsync();
        }
        finally
        {
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }
    }
}
