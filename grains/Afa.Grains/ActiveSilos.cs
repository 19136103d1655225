namespace Afa.Grains;

/// <summary>The silos on which work can be placed.</summary>
internal static class ActiveSilos
{
    /// <summary>All that are active, in an order that each of them finds.</summary>
    public static async Task<List<SiloAddress>> ActiveSilosAsync(this IGrainFactory grains) =>
        [.. (await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Keys.Order()];
}
