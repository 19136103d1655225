using System.Diagnostics.Metrics;
using Afa.Compute;

namespace Afa.Telemetry;

/// <summary>What can be measured of a silo's device slots: meter <c>afa.cluster</c>. Orleans' own meters tell of grains and messages.</summary>
public sealed class ClusterTelemetry
{
    public const string Name = "afa.cluster";

    public ClusterTelemetry(IMeterFactory meters, DevicePool devices)
    {
        var meter = meters.Create(Name);
        var kind = new KeyValuePair<string, object?>("device", devices.Kind);
        meter.CreateObservableGauge("afa.device.slots", () => new Measurement<int>(devices.Slots, kind), "{slot}", "Device slots: pieces of tensor work that should run at once.");
        meter.CreateObservableGauge("afa.device.queue.length", () => devices.QueueLength, "{item}", "Pieces of tensor work that wait for a device slot's thread.");
        meter.CreateObservableGauge("afa.device.busy.ratio", () => (double)devices.Busy / devices.Slots, "1", "Device slots at work now, of all; above 1 where a slot stands in for one that was lost.");
    }
}
