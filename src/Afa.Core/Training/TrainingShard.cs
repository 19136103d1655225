using Afa.Data;

namespace Afa.Training;

/// <summary>One part of the training images, served in batches.</summary>
public sealed class TrainingShard
{
    private readonly ImageDataset _dataset;
    private readonly TrainingOptions _options;
    private readonly int _shard;
    private readonly int[] _indices;
    private readonly Augmentation _augmentation;
    private (int Epoch, EpochOrder Order)? _order;

    /// <param name="dataset">The whole training split; shared between shards.</param>
    /// <param name="shard">From 0.</param>
    public TrainingShard(ImageDataset dataset, TrainingOptions options, int shard)
    {
        _dataset = dataset;
        _options = options;
        _shard = shard;
        _indices = Plan(dataset, options)[shard];
        _augmentation = new Augmentation(options.Augmentation, options.Seed);
    }

    /// <summary>Splits the images that a run uses: those held out for validation are left aside, then the subset is drawn, then its shards.</summary>
    /// <returns>Indices into the data set, one array for each shard.</returns>
    /// <exception cref="ArgumentException">More images are asked for than there are.</exception>
    public static int[][] Plan(ImageDataset dataset, TrainingOptions options)
    {
        var others = ValidationSplit.Others(dataset, options);
        if (options.TrainImages > others.Length)
        {
            var rest = options.Validation.Images == 0 ? "" : $", and {options.Validation.Images} of them are held out for validation";
            throw new ArgumentException($"TrainImages is {options.TrainImages}, but {dataset.Description.Title} has {dataset.Count} training images here{rest}. Use 0 for all.");
        }

        var labels = dataset.Labels.Span;
        var subset = options.TrainImages == 0 || options.TrainImages == others.Length
            ? others
            : [.. ClassBalancedSubset.Draw(Array.ConvertAll(others, i => dataset.Labels.Span[i]), options.TrainImages, options.Seed).Select(place => others[place])];
        var subsetLabels = new byte[subset.Length];
        for (var i = 0; i < subset.Length; i++)
        {
            subsetLabels[i] = labels[subset[i]];
        }

        var shards = ShardPlan.Create(subsetLabels, options.Shards, options.ShardPlan, options.Seed);
        return [.. shards.Select(shard => shard.Select(i => subset[i]).ToArray())];
    }

    /// <summary>Returns the images that this shard gives to one step, augmented.</summary>
    public ImageBatch Batch(int epoch, int stepInEpoch, int count)
    {
        if (_order?.Epoch != epoch)
        {
            _order = (epoch, new EpochOrder(_indices, _options.Seed, epoch, _shard));
        }

        return _augmentation.Apply(_dataset.Select(_order.Value.Order.BatchIndices(stepInEpoch, count)), epoch);
    }
}
