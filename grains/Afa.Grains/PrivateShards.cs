using System.Collections.Concurrent;
using Afa.Data;
using Afa.Federation;
using Afa.Training;

namespace Afa.Grains;

/// <summary>The private shards of this silo, by the key of their grain. Participants use them here; nothing of them is ever part of a message.</summary>
public sealed class PrivateShards
{
    private readonly ConcurrentDictionary<string, PrivateShard> _shards = new();
    private readonly ExperimentSplits _splits = new();

    internal PrivateShard? Find(string key) => _shards.GetValueOrDefault(key);

    /// <inheritdoc cref="PrivateShard.Open"/>
    internal void Open(string key, DatasetCache datasets, FederationOptions options, ParticipantAssignment assignment, SiloOwner owner) =>
        _shards[key] = PrivateShard.Open(datasets, _splits, options, assignment, owner);

    internal void Forget(string key) => _shards.TryRemove(key, out _);
}

/// <summary>The images of one participant.</summary>
/// <param name="TrainIndices">The own ones, in <paramref name="Train"/>.</param>
/// <param name="TestIndices">The own ones, in <paramref name="Test"/>.</param>
internal sealed record PrivateShard(ImageDataset Train, int[] TrainIndices, ImageDataset Test, int[] TestIndices, GeneratedImages? Generated)
{
    /// <summary>Reads an owner's own images, or finds out which of an experiment's are the participant's.</summary>
    /// <exception cref="DatasetNotFoundException">There are no such files on this silo.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    /// <exception cref="ArgumentException">There are fewer images than the options need.</exception>
    /// <exception cref="ParticipantException">An owner has too few.</exception>
    public static PrivateShard Open(DatasetCache datasets, ExperimentSplits splits, FederationOptions options, ParticipantAssignment assignment, SiloOwner owner)
    {
        var isPath = DatasetRegistry.IsPath(options.Training.Dataset);
        var name = isPath ? owner.DataDirectory ?? options.Training.Dataset : options.Training.Dataset;
        var directory = isPath ? null : owner.DataDirectory ?? options.Training.DataDirectory;
        var train = datasets.GetOwned(name, DataSplit.Train, directory);
        var test = datasets.GetOwned(name, DataSplit.Test, directory);
        try
        {
            options.Training.RequireShape(train.Description);
        }
        catch (ArgumentException exception)
        {
            throw new ParticipantException(exception.Message);   // The owner agreed to a shape; which one the images have may be told.
        }

        var generated = datasets.GetOwnedGenerated(options.Training);
        if (options.Owners.Count > 0)
        {
            return new PrivateShard(train, ParticipantPlan.OwnTrain(train, options), test, ParticipantPlan.OwnTest(test, options, assignment.Number), generated);
        }

        var split = splits.Get(assignment.OptionsJson, () => ExperimentSplit.Deal(train, test, options));
        return new PrivateShard(train, split.Train[assignment.Number], test, split.Test[assignment.Number], generated);
    }
}
