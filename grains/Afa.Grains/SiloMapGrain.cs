using Afa.Compute;
using Orleans.Placement;

namespace Afa.Grains;

/// <summary>Random placement is the one that follows a hint: whoever asks first says which silo it is about.</summary>
[RandomPlacement]
internal sealed class SiloMapGrain(ILocalSiloDetails silo, DevicePool devices, SiloWork work) : Grain, ISiloMapGrain
{
    public Task<SiloSummary> GetAsync()
    {
        if (silo.SiloAddress.ToParsableString() != this.GetPrimaryKeyString())
        {
            DeactivateOnIdle();   // Placed before this silo knew of the other: the next call has another chance.
            return Task.FromResult(new SiloSummary(this.GetPrimaryKeyString(), Devices: null));
        }

        return Task.FromResult(new SiloSummary(this.GetPrimaryKeyString(), new DeviceSummary(devices.Slots, devices.Leased, devices.Busy, devices.QueueLength, work.IsLeaving)));
    }
}
