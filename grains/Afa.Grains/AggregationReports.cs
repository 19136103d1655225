using System.Text.Json;
using Afa.Checkpoints;
using Afa.Training;

namespace Afa.Grains;

/// <summary>What became of the updates of a new model, kept until the federation has noted it: who asks again is answered from here, and nothing is added up twice.</summary>
internal sealed class AggregationReports(IBlobStore blobs, CheckpointStore checkpoints)
{
    private const int MaxSizeInBytes = 1 << 24;

    /// <param name="checkpoint">The new model's name.</param>
    /// <param name="parent">Name of the model that it was made from.</param>
    /// <returns>Null if there is no such model, or it does not load.</returns>
    public async Task<AggregationReport?> FindAsync(string checkpoint, string parent)
    {
        try
        {
            if (await blobs.ReadAsync(Name(checkpoint), MaxSizeInBytes) is not { } content)
            {
                return null;
            }

            var model = await checkpoints.LoadAsync(checkpoint);
            return model.State.Parent == parent ? JsonSerializer.Deserialize<AggregationReport>(content, AfaJson.Options) : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or CheckpointDamagedException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether a model is stored whose report is forgotten.</summary>
    /// <param name="parent">Name of the model that it was made from.</param>
    public async Task<bool> IsNotedAsync(string checkpoint, string parent)
    {
        try
        {
            return (await checkpoints.LoadStateAsync(checkpoint)).Parent == parent && await blobs.ReadAsync(Name(checkpoint), MaxSizeInBytes) is null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or CheckpointDamagedException)
        {
            return false;
        }
    }

    /// <summary>Stores a report and then its model: without that, the report counts for nothing.</summary>
    public async Task SaveAsync(Checkpoint model, AggregationReport report)
    {
        await blobs.WriteAsync(Name(report.Checkpoint), JsonSerializer.SerializeToUtf8Bytes(report, AfaJson.Options));
        await checkpoints.SaveAsync(report.Checkpoint, model);
    }

    /// <summary>Forgets the report of a model that is noted.</summary>
    public Task DeleteAsync(string checkpoint) => blobs.DeleteAsync(Name(checkpoint));

    private static string Name(string checkpoint) => $"{checkpoint}/aggregation.json";
}
