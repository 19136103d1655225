using Afa.Telemetry;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Afa.Grains;

/// <summary>Connects the trainers on this silo with the others of their runs.</summary>
internal sealed class TrainerConnections(IGrainFactory grains, LocalReductions local, ILocalSiloDetails silo, IOptions<SiloMessagingOptions> messaging, TrainingTelemetry telemetry)
{
    /// <param name="scheduler">Of the trainer grain: its calls leave from there, while the device's thread waits.</param>
    /// <param name="count">Trainers of the run.</param>
    public GrainCollective Connect(TaskScheduler scheduler, string run, int attempt, int rank, int count) => new(
        new BlockingCalls(grains, scheduler, run, attempt), local, silo.SiloAddress, run, attempt, rank, count, new MessageLimit(messaging.Value.MaxMessageBodySize), telemetry);
}
