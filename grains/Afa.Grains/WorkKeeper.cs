using System.Text.Json;
using Afa.Checkpoints;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Afa.Grains;

/// <summary>
/// Looks from time to time for runs, evaluations, federations and sweeps that are to go on but that no process works on, as their silo has ended or
/// died, and activates their grains, which then go on.
/// </summary>
/// <remarks>In place of Orleans' reminders: what is to go on stands in the store already, and so outlives a whole cluster that keeps its membership in memory.</remarks>
public sealed class WorkKeeper(IBlobStore blobs, IGrainFactory grains, SiloWork work, TimeProvider time, ILogger<WorkKeeper> logger) : BackgroundService
{
    private const long MaxStateSizeInBytes = 64 << 20;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(15);

    private readonly HashSet<string> _ended = [];   // Never to be read again: there may be thousands.

    /// <summary>Activates the grains of all work that nobody does. One that cannot be read does not keep the others waiting.</summary>
    public async Task LookAsync(CancellationToken cancellationToken = default)
    {
        var control = new GrainControl(grains);
        await LookAsync("training-run", "runs", name => control.GetTrainingAsync(name, cancellationToken), cancellationToken);
        await LookAsync("evaluation-run", "evaluations", name => control.GetEvaluationAsync(name, cancellationToken), cancellationToken);
        await LookAsync("federation", "federations", name => control.GetFederationAsync(name, cancellationToken), cancellationToken);
        await LookAsync("sweep", "sweeps", name => control.GetSweepAsync(name, cancellationToken), cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, time);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                logger.LogWarning("The store cannot be searched for unfinished work and is tried again: {Reason}", exception.Message);
            }
        }
        while (!work.IsLeaving && await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <param name="stateName">Name of the grain's state.</param>
    /// <param name="folder">Where the heartbeats of such work lie.</param>
    private async Task LookAsync(string stateName, string folder, Func<string, Task> activateAsync, CancellationToken cancellationToken)
    {
        var prefix = BlobGrainStorage.Prefix(stateName);
        await foreach (var blob in blobs.ListAsync(prefix, cancellationToken))
        {
            var name = Path.GetFileNameWithoutExtension(blob.Name[prefix.Length..]);
            if (work.IsLeaving || _ended.Contains(blob.Name) || !await IsToGoOnAsync(blob.Name, cancellationToken)
                || await new Heartbeat(blobs, $"{folder}/{name}/heartbeat.json", time).IsElsewhereAsync())
            {
                continue;
            }

            try
            {
                await activateAsync(name);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                logger.LogWarning("'{Name}' is to go on, but its grain does not answer: {Reason}", name, exception.Message);
            }
        }
    }

    private async Task<bool> IsToGoOnAsync(string blob, CancellationToken cancellationToken)
    {
        try
        {
            if (await blobs.ReadAsync(blob, MaxStateSizeInBytes, cancellationToken) is not { } content)
            {
                return false;
            }

            using var document = JsonDocument.Parse(content);
            var state = document.RootElement.TryGetProperty("state", out var value) ? value.GetString() : null;
            if (state == Name(RunState.Completed) || state == Name(RunState.Canceled))
            {
                _ended.Add(blob);
            }

            return state == Name(RunState.Running);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or InvalidDataException)
        {
            return false;   // Of another version or cut by a full disk: whoever asks for it by name is told.
        }
    }

    private static string Name(RunState state) => JsonNamingPolicy.CamelCase.ConvertName(state.ToString());
}
