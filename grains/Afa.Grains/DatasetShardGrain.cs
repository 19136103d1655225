using System.Text.Json;
using Afa.Data;
using Afa.Training;
using Orleans.Placement;

namespace Afa.Grains;

[PreferLocalPlacement]
internal sealed class DatasetShardGrain(DatasetCache datasets) : Grain, IDatasetShardGrain
{
    private TrainingShard? _shard;

    public async Task<string?> PrepareAsync(string optionsJson)
    {
        if (_shard is not null)
        {
            return null;
        }

        var options = JsonSerializer.Deserialize<TrainingOptions>(optionsJson, AfaJson.Options)!;
        var number = int.Parse(this.GetPrimaryKeyString().Split('/')[^1], System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            // Reading files blocks, so it leaves the grain's scheduler.
            _shard = await Task.Run(() => new TrainingShard(
                datasets.Get(options.Dataset, DataSplit.Train, options.DataDirectory), options, number, datasets.GetGenerated(options)));
            return null;
        }
        catch (Exception exception) when (exception is DatasetNotFoundException or InvalidDataException or ArgumentException)
        {
            return exception.Message;
        }
    }

    public async Task<ShardBatch> GetBatchAsync(int epoch, int stepInEpoch, int count)
    {
        var shard = _shard ?? throw new InvalidOperationException($"Shard '{this.GetPrimaryKeyString()}' was not prepared on this silo; the run must start over.");
        var batch = await Task.Run(() => shard.Batch(epoch, stepInEpoch, count));   // May read files.
        return new ShardBatch(batch.Pixels, batch.Labels, batch.SampleIds, batch.Channels, batch.Height, batch.Width);
    }
}
