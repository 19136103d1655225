using System.Text;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Training;
using Orleans.Concurrency;

namespace Afa.Grains;

[StatelessWorker]
internal sealed class CatalogGrain(IBlobStore blobs, CheckpointStore checkpoints, TimeProvider time) : Grain, ICatalogGrain
{
    private const long MaxResultSizeInBytes = 1 << 30;

    public Task<IReadOnlyList<string>> ListRunsAsync() => ListAsync("training-run");

    public Task<IReadOnlyList<string>> ListEvaluationsAsync() => ListAsync("evaluation-run");

    public Task<IReadOnlyList<string>> ListSweepsAsync() => ListAsync("sweep");

    public Task<IReadOnlyList<string>> ListFederationsAsync() => ListAsync("federation");

    public async Task<string?> ReadResultAsync(string evaluation) =>
        await blobs.ReadAsync($"evaluations/{evaluation}/result.json", MaxResultSizeInBytes) is { } content ? Encoding.UTF8.GetString(content) : null;

    public async Task<IReadOnlyList<CheckpointSummary>> ListCheckpointsAsync(string? run)
    {
        var found = new List<CheckpointSummary>();
        await foreach (var name in checkpoints.ListAsync(run is null ? "runs/" : $"runs/{run}/checkpoints/"))
        {
            try
            {
                var state = await checkpoints.LoadStateAsync(name);
                found.Add(new CheckpointSummary(
                    name, state.Run, state.ModelOptions.Name, state.Phase, state.Epoch, state.Step,
                    state.Files.Sum(file => file.SizeInBytes), state.CreatedAt, new Dictionary<string, double>(state.Metrics), IsFinal(state)));
            }
            catch (Exception exception) when (exception is CheckpointDamagedException or FileNotFoundException)
            {
                // Lists show what can be used; whoever asks for a damaged one by name is told why it cannot.
            }
        }

        return [.. found.GroupBy(checkpoint => checkpoint.Run).SelectMany(WithBest).OrderByDescending(checkpoint => checkpoint.CreatedAt).ThenByDescending(checkpoint => checkpoint.Step)];
    }

    /// <summary>Marks the best of a run's checkpoints. It is looked up, not written down, so that deleting one leaves no name that leads nowhere.</summary>
    private static IEnumerable<CheckpointSummary> WithBest(IEnumerable<CheckpointSummary> ofRun)
    {
        var inOrder = ofRun.OrderBy(checkpoint => checkpoint.Step).ToList();
        var best = ModelSelection.Best(inOrder.Select(checkpoint => checkpoint.Metrics.TryGetValue(ModelSelection.RobustAccuracyMetric, out var accuracy) ? accuracy : (double?)null));
        return inOrder.Select((checkpoint, place) => checkpoint with { IsBest = place == best });
    }

    /// <summary>Whether nothing of its run comes after it: all epochs of all phases are done.</summary>
    private static bool IsFinal(CheckpointState state)
    {
        try
        {
            var options = state.Options?.Deserialize<TrainingOptions>(AfaJson.Options);
            return options is not null && state.Epoch == options.TotalEpochs();
        }
        catch (JsonException)
        {
            return false;   // Options of another version: not known, and no reason to list nothing.
        }
    }

    private async Task<IReadOnlyList<string>> ListAsync(string stateName)
    {
        var prefix = BlobGrainStorage.Prefix(stateName);
        var names = new List<string>();
        await foreach (var blob in blobs.ListAsync(prefix))
        {
            names.Add(Path.GetFileNameWithoutExtension(blob.Name[prefix.Length..]));
        }

        return names;
    }

    public async Task<string> ImportCheckpointAsync(CheckpointImport import)
    {
        if (import.Run.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException($"The name of an imported checkpoint must have no '/', not '{import.Run}'.");
        }

        var name = ImportedCheckpoint.Name(import.Run);
        var checkpoint = await Task.Run(() => ImportedCheckpoint.Create(import, time.GetUtcNow()));
        switch (await IsKnownAsync(name, checkpoint))
        {
            case null:
                await checkpoints.SaveAsync(name, checkpoint);
                break;
            case false:
                throw new ArgumentException($"There is a checkpoint '{name}' already, of another model, data set or other weights. Choose another name, or delete it first.");
        }

        return name;
    }

    /// <summary>Whether the checkpoint of this name is the given one, as whoever got no answer asks again; null: there is none.</summary>
    private async Task<bool?> IsKnownAsync(string name, Checkpoint checkpoint)
    {
        try
        {
            return await checkpoints.HasSameAsync(name, checkpoint);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (CheckpointDamagedException)
        {
            return false;
        }
    }

    public async Task<CheckpointExport> ExportCheckpointAsync(string name)
    {
        var checkpoint = await checkpoints.LoadAsync(name);
        return await Task.Run(() => ExportedCheckpoint.Create(checkpoint));
    }

    public Task DeleteCheckpointAsync(string name) => checkpoints.DeleteAsync(name);
}
