using System.ComponentModel.DataAnnotations;
using Afa.Compute;

namespace Afa.Data;

/// <summary>Random crop with zero padding, then horizontal flip: He et al. 2016 (arXiv:1512.03385), section 4.2.</summary>
/// <remarks>What happens to a sample depends on seed, epoch, sample id and view only: not on the batch or the shard it is in.</remarks>
public sealed class Augmentation
{
    private readonly AugmentationOptions _options;
    private readonly ulong _seed;

    /// <param name="options">What to do.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <exception cref="ValidationException">An option is out of range.</exception>
    public Augmentation(AugmentationOptions options, ulong seed)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _options = options;
        _seed = seed;
    }

    /// <summary>Augments a batch. The given one stays as it is, and is what comes back if there is nothing to do.</summary>
    /// <param name="batch">The images.</param>
    /// <param name="epoch">Number of the epoch, from 0.</param>
    /// <param name="views">How often each image is augmented, each time with draws of its own. Views of one image stand next to each other.</param>
    /// <exception cref="ArgumentOutOfRangeException">The epoch is negative, or there is no view.</exception>
    public ImageBatch Apply(ImageBatch batch, int epoch, int views = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(views);
        if (views == 1 && _options is { CropPadding: 0, HorizontalFlip: false })
        {
            return batch;
        }

        var pixels = new byte[batch.Pixels.Length * views];
        var (labels, sampleIds) = (new long[batch.Count * views], new int[batch.Count * views]);
        for (var row = 0; row < labels.Length; row++)
        {
            var (image, view) = Math.DivRem(row, views);
            (labels[row], sampleIds[row]) = (batch.Labels[image], batch.SampleIds[image]);
            var seed = Seed.Derive(_seed, (ulong)SeedUse.Augmentation, (ulong)epoch, (ulong)batch.SampleIds[image]);
            Augment(batch, image, pixels.AsSpan(row * batch.ImageSize, batch.ImageSize), view == 0 ? seed : Seed.Derive(seed, (ulong)view));
        }

        return new ImageBatch(pixels, labels, sampleIds, batch.Channels, batch.Height, batch.Width);
    }

    private void Augment(ImageBatch batch, int image, Span<byte> target, ulong seed)
    {
        var draws = new SeededDraws(seed);
        var down = draws.Below((2 * _options.CropPadding) + 1) - _options.CropPadding;
        var right = draws.Below((2 * _options.CropPadding) + 1) - _options.CropPadding;
        var isFlipped = draws.Below(2) == 1 && _options.HorizontalFlip;

        for (var channel = 0; channel < batch.Channels; channel++)
        {
            var plane = channel * batch.Height * batch.Width;
            CropAndFlip(batch.Pixels.AsSpan((image * batch.ImageSize) + plane), target[plane..], batch.Height, batch.Width, down, right, isFlipped);
        }
    }

    /// <summary>target[row, column] ← source[row + down, column + right], 0 outside of the source; then mirrored if asked for.</summary>
    private static void CropAndFlip(ReadOnlySpan<byte> source, Span<byte> target, int height, int width, int down, int right, bool isFlipped)
    {
        var kept = Math.Max(0, width - Math.Abs(right));
        for (var row = Math.Max(0, -down); row < Math.Min(height, height - down); row++)
        {
            var targetRow = target.Slice(row * width, width);
            if (kept > 0)
            {
                var sourceRow = source.Slice((row + down) * width, width);
                sourceRow.Slice(Math.Max(0, right), kept).CopyTo(targetRow[Math.Max(0, -right)..]);
            }

            if (isFlipped)
            {
                targetRow.Reverse();
            }
        }
    }
}
