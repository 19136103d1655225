using Afa.Compute;
using Orleans.Placement;

namespace Afa.Grains;

[RandomPlacement]
internal sealed class SiloLoadGrain(DevicePool devices, SiloWork work, SiloOwner owner, ILocalSiloDetails silo) : Grain, ISiloLoadGrain
{
    public Task<SiloLoad> GetLoadAsync() =>
        Task.FromResult(new SiloLoad(silo.SiloAddress.ToParsableString(), silo.Name, devices.Slots, devices.Busy, devices.QueueLength, work.Runs, owner.Name));
}
