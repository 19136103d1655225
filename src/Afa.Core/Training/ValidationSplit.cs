using Afa.Compute;
using Afa.Data;

namespace Afa.Training;

/// <summary>The training images that a run holds out, in parts of a fixed size that its trainers share.</summary>
/// <remarks>
/// The parts do not depend on the number of trainers: each is one batch wherever it is computed, so that even the last bits, on which the
/// sign of a small gradient hangs, are the same.
/// </remarks>
public sealed class ValidationSplit
{
    /// <summary>Images of a part; the last one may have fewer.</summary>
    public const int PartSize = 64;

    private readonly ImageDataset _dataset;
    private readonly int[] _indices;

    /// <param name="dataset">The whole training split.</param>
    /// <exception cref="ArgumentException">More images are to be held out than there are.</exception>
    public ValidationSplit(ImageDataset dataset, TrainingOptions options)
    {
        _dataset = dataset;
        _indices = Draw(dataset, options);
    }

    /// <summary>Number of parts.</summary>
    public static int Parts(ValidationOptions options) => (options.Images + PartSize - 1) / PartSize;

    /// <summary>Draws the images, as many of each class. They depend on the seed, not on how many images are trained on.</summary>
    /// <returns>Indices into the data set, ascending; none if validation is off.</returns>
    /// <exception cref="ArgumentException">There would be no image left to train on.</exception>
    public static int[] Draw(ImageDataset dataset, TrainingOptions options)
    {
        var count = options.Validation.Images;
        if (count > 0 && count >= dataset.Count)
        {
            throw new ArgumentException($"Validation.Images is {count}, but {dataset.Description.Title} has {dataset.Count} training images here, and some are needed for training. Hold out fewer.");
        }

        return count == 0 ? [] : ClassBalancedSubset.Draw(dataset.Labels.Span, count, Seed.Derive(options.Seed, (ulong)SeedUse.ValidationSplit));
    }

    /// <summary>The images that are left to train on.</summary>
    /// <returns>Indices into the data set, ascending.</returns>
    /// <exception cref="ArgumentException">There would be none.</exception>
    public static int[] Others(ImageDataset dataset, TrainingOptions options) => [.. Enumerable.Range(0, dataset.Count).Except(Draw(dataset, options))];

    /// <summary>Returns the images of one part, as they are: not augmented.</summary>
    /// <param name="part">From 0.</param>
    public ImageBatch Part(int part)
    {
        var start = part * PartSize;
        return _dataset.Select(_indices.AsSpan(start, Math.Min(PartSize, _indices.Length - start)));
    }
}
