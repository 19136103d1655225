using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Afa.Grains;

/// <summary>
/// Before a silo ends, has each training run that has a part on it write a checkpoint, so that no step is lost: before any service is stopped,
/// as a slow HTTP request would take up the time that this needs, and as Orleans must still be there. Evaluations and sweeps need none of it: what they finished is stored.
/// </summary>
public sealed class HandOver(SiloWork work, IGrainFactory grains, ILocalSiloDetails silo, ILogger<HandOver> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        work.Leave();
        return Task.WhenAll(work.Runs.Select(run => HandOverAsync(run, cancellationToken)));
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task HandOverAsync(string run, CancellationToken cancellationToken)
    {
        try
        {
            await grains.GetGrain<ITrainingRunGrain>(run).HandOverAsync(silo.SiloAddress).WaitAsync(cancellationToken);
            logger.LogInformation("Run {Run} is handed over: its checkpoint is written.", run);
        }
        catch (Exception exception)
        {
            // The silo ends all the same; the run then goes on from its last checkpoint.
            logger.LogWarning("Run {Run} could not be handed over: {Reason}", run, exception.Message);
        }
    }
}
