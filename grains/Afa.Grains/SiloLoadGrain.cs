using Afa.Compute;
using Orleans.Placement;

namespace Afa.Grains;

[RandomPlacement]
internal sealed class SiloLoadGrain(DevicePool devices, SiloWork work, SiloOwner owner, ILocalSiloDetails silo) : Grain, ISiloLoadGrain
{
    public Task<SiloLoad> GetLoadAsync()
    {
        var address = silo.SiloAddress.ToParsableString();
        if (address != this.GetPrimaryKeyString())
        {
            DeactivateOnIdle();   // It came up here before this silo knew of its own, or after that had ended: the next call may find that.
        }

        return Task.FromResult(new SiloLoad(address, silo.Name, devices.Slots, devices.Busy, devices.QueueLength, work.Runs, owner.Name));
    }
}
