using System.Globalization;
using System.Text.Json;
using Afa.Data;
using Afa.Federation;
using Afa.Training;
using Microsoft.Extensions.Logging;
using Orleans.Placement;

namespace Afa.Grains;

[PreferLocalPlacement]
internal sealed class DatasetShardGrain(DatasetCache datasets, PrivateShards privateShards, SiloOwner owner, ILogger<DatasetShardGrain> logger) : Grain, IDatasetShardGrain
{
    private TrainingShard? _shard;
    private bool _isPrivate;

    private string Key => this.GetPrimaryKeyString();

    public async Task<string?> PrepareAsync(string optionsJson)
    {
        RefuseIfPrivate();
        if (_shard is not null)
        {
            return null;
        }

        var options = JsonSerializer.Deserialize<TrainingOptions>(optionsJson, AfaJson.Options)!;
        var number = int.Parse(Key.Split('/')[^1], CultureInfo.InvariantCulture);
        return await ProblemAsync(() => _shard = new TrainingShard(
            datasets.Get(options.Dataset, DataSplit.Train, options.DataDirectory), options, number, datasets.GetGenerated(options)));
    }

    public async Task<string?> PreparePrivateAsync(ParticipantAssignment assignment)
    {
        _isPrivate = true;
        if (privateShards.Find(Key) is not null)
        {
            return null;
        }

        var options = JsonSerializer.Deserialize<FederationOptions>(assignment.OptionsJson, AfaJson.Options)!;
        if (owner.Problem(options, assignment.Number) is { } problem)
        {
            return problem;
        }

        try
        {
            await Task.Run(() => privateShards.Open(Key, datasets, options, assignment, owner));
            return null;
        }
        catch (Exception exception)
        {
            logger.LogWarning(exception, "The private shard {Shard} cannot be opened.", Key);
            return owner.Told(exception);
        }
    }

    public Task MoveAsync()
    {
        privateShards.Forget(Key);
        MigrateOnIdle();
        return Task.CompletedTask;
    }

    public Task ReleaseAsync()
    {
        privateShards.Forget(Key);
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public async Task<ShardBatch> GetBatchAsync(int epoch, int stepInEpoch, int count)
    {
        RefuseIfPrivate();
        var shard = _shard ?? throw new InvalidOperationException($"Shard '{Key}' was not prepared on this silo; the run must start over.");
        var batch = await Task.Run(() => shard.Batch(epoch, stepInEpoch, count));   // May read files.
        return new ShardBatch(batch.Pixels, batch.Labels, batch.SampleIds, batch.Channels, batch.Height, batch.Width);
    }

    private void RefuseIfPrivate()
    {
        if (_isPrivate)
        {
            throw new InvalidOperationException($"The shard '{Key}' belongs to a participant of a federation. Its images are used on its own silo and go into no message.");
        }
    }

    /// <summary>Reading files blocks, so it leaves the grain's scheduler.</summary>
    private static async Task<string?> ProblemAsync(Action load)
    {
        try
        {
            await Task.Run(load);
            return null;
        }
        catch (Exception exception) when (exception is DatasetNotFoundException or InvalidDataException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }
}
