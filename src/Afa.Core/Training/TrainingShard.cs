using Afa.Compute;
using Afa.Data;
using Afa.Training.Methods;

namespace Afa.Training;

/// <summary>One part of the training images, served in batches.</summary>
public sealed class TrainingShard
{
    private readonly ImageDataset _dataset;
    private readonly TrainingOptions _options;
    private readonly int _shard;
    private readonly int[] _indices;
    private readonly Augmentation _augmentation;
    private readonly GeneratedImages? _generated;
    private (int Epoch, EpochOrder Order)? _order;

    /// <param name="dataset">The whole training split; shared between shards.</param>
    /// <param name="shard">From 0.</param>
    /// <param name="generated">Images that the options ask for, shared between shards; null if they ask for none.</param>
    public TrainingShard(ImageDataset dataset, TrainingOptions options, int shard, GeneratedImages? generated = null)
        : this(dataset, options, shard, Plan(dataset, options)[shard], generated)
    {
    }

    /// <summary>Serves images that were dealt elsewhere, as shard number <paramref name="shard"/> would serve them.</summary>
    /// <param name="indices">Into the data set. Not copied.</param>
    internal TrainingShard(ImageDataset dataset, TrainingOptions options, int shard, int[] indices, GeneratedImages? generated)
    {
        options.RequireShape(dataset.Description);
        _dataset = dataset;
        _options = options;
        _shard = shard;
        _indices = indices;
        _generated = generated;
        _augmentation = new Augmentation(options.Augmentation, options.Seed);
    }

    /// <summary>Splits the images that a run uses: those held out for validation are left aside, then the subset is drawn, then its shards.</summary>
    /// <returns>Indices into the data set, one array for each shard.</returns>
    /// <exception cref="ArgumentException">More images are asked for than there are.</exception>
    public static int[][] Plan(ImageDataset dataset, TrainingOptions options)
    {
        if (options.ShardPlan == ShardPlanKind.Stored)
        {
            var others = ValidationSplit.Others(dataset, options);
            return [.. ShardPlan.Stored(dataset, options.Shards).Select(shard => shard.Intersect(others).ToArray())];   // Options refuse a subset.
        }

        var subset = Subset(dataset, options);
        var dirichlet = new DirichletOptions { Alpha = options.DirichletAlpha, MinimumImages = Math.Max(1, options.BatchSize / options.Shards) };
        var shards = ShardPlan.Create(LabelsOf(dataset, subset), options.Shards, options.ShardPlan, options.Seed, dirichlet);
        return [.. shards.Select(shard => shard.Select(i => subset[i]).ToArray())];
    }

    /// <summary>The images that a run trains on: those held out for validation are left aside, then a class-balanced subset is drawn.</summary>
    /// <returns>Indices into the data set, ascending.</returns>
    /// <exception cref="ArgumentException">More images are asked for than there are.</exception>
    internal static int[] Subset(ImageDataset dataset, TrainingOptions options)
    {
        var others = ValidationSplit.Others(dataset, options);
        if (options.TrainImages > others.Length)
        {
            var rest = options.Validation.Images == 0 ? "" : $", and {options.Validation.Images} of them are held out for validation";
            throw new ArgumentException($"TrainImages is {options.TrainImages}, but {dataset.Description.Title} has {dataset.Count} training images here{rest}. Use 0 for all.");
        }

        return options.TrainImages == 0 || options.TrainImages == others.Length
            ? others
            : [.. ClassBalancedSubset.Draw(LabelsOf(dataset, others), options.TrainImages, options.Seed).Select(place => others[place])];
    }

    /// <summary>Class of each of some images.</summary>
    internal static byte[] LabelsOf(ImageDataset dataset, int[] indices) => Array.ConvertAll(indices, i => dataset.Labels.Span[i]);

    /// <summary>Returns the images that this shard gives to one step of a run, whose epochs say which phase it is in.</summary>
    /// <param name="count">Images of both kinds together.</param>
    public ImageBatch Batch(int epoch, int stepInEpoch, int count) =>
        Batch(epoch < _options.Epochs ? TrainingMethods.FirstPhase(_options.Method) : TrainingPhase.Head, epoch, stepInEpoch, count);

    /// <summary>
    /// Returns the images that this shard gives to one step, augmented: as many views of each as the method takes in that phase. Originals and
    /// generated ones are in random order.
    /// </summary>
    /// <param name="count">Images of both kinds together.</param>
    public ImageBatch Batch(string phase, int epoch, int stepInEpoch, int count)
    {
        if (_order?.Epoch != epoch)
        {
            _order = (epoch, new EpochOrder(_indices, _options.Seed, epoch, _shard));
        }

        var originals = _dataset.Select(_order.Value.Order.BatchIndices(stepInEpoch, _options.Generated.Originals(count)));
        return _augmentation.Apply(originals.Count == count ? originals : Mix(originals, epoch, stepInEpoch, count), epoch, TrainingMethods.ViewsPerImage(_options.Method, phase));
    }

    /// <summary>Adds generated images, drawn with replacement: Wang et al. 2023 (arXiv:2302.04638), the authors' <c>SemiSupervisedSampler</c>.</summary>
    private ImageBatch Mix(ImageBatch originals, int epoch, int stepInEpoch, int count)
    {
        var generated = _generated ?? throw new InvalidOperationException("The options ask for generated images, but the shard was given none.");
        var draws = new SeededDraws(Seed.Derive(_options.Seed, (ulong)SeedUse.GeneratedImages, (ulong)epoch, (ulong)stepInEpoch, (ulong)_shard));
        var drawn = new int[count - originals.Count];
        for (var i = 0; i < drawn.Length; i++)
        {
            drawn[i] = draws.Below(generated.Count);
        }

        int[] order = [.. Enumerable.Range(0, count)];
        draws.Shuffle(order);
        return ImageBatch.Concat([originals, generated.Select(drawn)]).Select(order);
    }
}
