using System.Text.Json;
using Afa.Checkpoints;
using Afa.Training;
using Orleans.Concurrency;

namespace Afa.Grains;

[StatelessWorker]
internal sealed class CatalogGrain(IBlobStore blobs, CheckpointStore checkpoints) : Grain, ICatalogGrain
{
    public async Task<IReadOnlyList<string>> ListRunsAsync()
    {
        var prefix = BlobGrainStorage.Prefix("training-run");
        var runs = new List<string>();
        await foreach (var blob in blobs.ListAsync(prefix))
        {
            runs.Add(Path.GetFileNameWithoutExtension(blob.Name[prefix.Length..]));
        }

        return runs;
    }

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

        return [.. found.OrderByDescending(checkpoint => checkpoint.CreatedAt)];
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

    public Task DeleteCheckpointAsync(string name) => checkpoints.DeleteAsync(name);
}
