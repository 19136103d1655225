using System.Text.Json;
using Afa.Checkpoints;
using Afa.Training;
using Orleans.Storage;

namespace Afa.Grains;

/// <summary>Keeps grain state as JSON in the blob store: <c>state/NAME/KEY.json</c>. Works alike on a directory and in a cloud.</summary>
public sealed class BlobGrainStorage(IBlobStore blobs) : IGrainStorage
{
    private const long MaxSizeInBytes = 64 << 20;

    /// <summary>Where states of one name lie.</summary>
    public static string Prefix(string stateName) => $"state/{stateName}/";

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var blob = await blobs.ReadTaggedAsync(Name(stateName, grainId), MaxSizeInBytes);
        grainState.RecordExists = blob is not null;
        grainState.ETag = blob?.ETag!;
        grainState.State = blob is null ? Activator.CreateInstance<T>() : JsonSerializer.Deserialize<T>(blob.Content.Span, AfaJson.Options)!;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        try
        {
            grainState.ETag = await blobs.WriteIfUnchangedAsync(Name(stateName, grainId), JsonSerializer.SerializeToUtf8Bytes(grainState.State, AfaJson.Options), grainState.ETag);
            grainState.RecordExists = true;
        }
        catch (BlobChangedException exception)
        {
            throw new InconsistentStateException(exception.Message, exception);
        }
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await blobs.DeleteAsync(Name(stateName, grainId));
        grainState.ETag = null!;
        grainState.RecordExists = false;
        grainState.State = Activator.CreateInstance<T>();
    }

    private static string Name(string stateName, GrainId grainId) => $"{Prefix(stateName)}{grainId.Key}.json";
}
