using System.Text.Json;
using Afa.Checkpoints;
using Afa.Training;

namespace Afa.Grains;

/// <summary>What became of the updates of a new model, kept until the federation has noted it: who asks again is answered from here, and nothing is added up twice.</summary>
internal sealed class AggregationReports(IBlobStore blobs, CheckpointStore checkpoints)
{
    private const int MaxSizeInBytes = 1 << 24;

    /// <param name="checkpoint">The new model's name.</param>
    /// <returns>Null if there is no such model, or it does not load.</returns>
    public async Task<AggregationReport?> FindAsync(string checkpoint)
    {
        try
        {
            if (await blobs.ReadAsync(Name(checkpoint), MaxSizeInBytes) is not { } content)
            {
                return null;
            }

            await checkpoints.LoadAsync(checkpoint);
            return JsonSerializer.Deserialize<AggregationReport>(content, AfaJson.Options);
        }
        catch (Exception exception) when (exception is FileNotFoundException or CheckpointDamagedException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Stores a report and then its model: without that, the report counts for nothing.</summary>
    public async Task SaveAsync(string checkpoint, Checkpoint model, AggregationReport report)
    {
        await blobs.WriteAsync(Name(checkpoint), JsonSerializer.SerializeToUtf8Bytes(report, AfaJson.Options));
        await checkpoints.SaveAsync(checkpoint, model);
    }

    /// <summary>Forgets the report of a model that is noted.</summary>
    public Task DeleteAsync(string checkpoint) => blobs.DeleteAsync(Name(checkpoint));

    private static string Name(string checkpoint) => $"{checkpoint}/aggregation.json";
}
