using System.Collections.Concurrent;
using Afa.Data;
using Afa.Federation;
using Afa.Training;

namespace Afa.Grains;

/// <summary>The private shards of this silo, by the key of their grain. Participants use them here; nothing of them is ever part of a message.</summary>
public sealed class PrivateShards
{
    private readonly ConcurrentDictionary<string, PrivateShard> _shards = new();

    internal PrivateShard? Find(string key) => _shards.GetValueOrDefault(key);

    internal void Keep(string key, PrivateShard shard) => _shards[key] = shard;

    internal void Forget(string key) => _shards.TryRemove(key, out _);
}

/// <summary>The images of one participant.</summary>
/// <param name="TrainIndices">The own ones, in <paramref name="Train"/>.</param>
/// <param name="TestIndices">The own ones, in <paramref name="Test"/>.</param>
internal sealed record PrivateShard(ImageDataset Train, int[] TrainIndices, ImageDataset Test, int[] TestIndices, GeneratedImages? Generated)
{
    /// <exception cref="DatasetNotFoundException">There are no such files on this silo.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    /// <exception cref="ArgumentException">There are fewer images than the options need.</exception>
    public static PrivateShard Open(DatasetCache datasets, FederationOptions options, int participant, SiloOwner owner)
    {
        var isPath = DatasetRegistry.IsPath(options.Training.Dataset);
        var name = isPath ? owner.DataDirectory ?? options.Training.Dataset : options.Training.Dataset;
        var directory = isPath ? null : owner.DataDirectory ?? options.Training.DataDirectory;
        var train = datasets.Get(name, DataSplit.Train, directory);
        var test = datasets.Get(name, DataSplit.Test, directory);
        options.Training.RequireShape(train.Description);
        var generated = datasets.GetGenerated(options.Training);
        if (options.Owners.Count > 0)
        {
            return new PrivateShard(train, ParticipantPlan.OwnTrain(train, options), test, ParticipantPlan.OwnTest(test, options, participant), generated);
        }

        var trainPlan = ParticipantPlan.Train(train, options);
        var testPlan = ParticipantPlan.Test(train, trainPlan, test, options);
        return new PrivateShard(train, trainPlan[participant], test, testPlan[participant], generated);
    }
}
