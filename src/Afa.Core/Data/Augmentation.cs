using System.ComponentModel.DataAnnotations;
using Afa.Compute;

namespace Afa.Data;

/// <summary>Random crop with zero padding, then horizontal flip: He et al. 2016 (arXiv:1512.03385), section 4.2.</summary>
/// <remarks>What happens to a sample depends on seed, epoch and sample id only: not on the batch or the shard it is in.</remarks>
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
    /// <exception cref="ArgumentOutOfRangeException">The epoch is negative.</exception>
    public ImageBatch Apply(ImageBatch batch, int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        if (_options is { CropPadding: 0, HorizontalFlip: false })
        {
            return batch;
        }

        var pixels = new byte[batch.Pixels.Length];
        for (var i = 0; i < batch.Count; i++)
        {
            var draws = new SeededDraws(Seed.Derive(_seed, (ulong)SeedUse.Augmentation, (ulong)epoch, (ulong)batch.SampleIds[i]));
            var down = draws.Below((2 * _options.CropPadding) + 1) - _options.CropPadding;
            var right = draws.Below((2 * _options.CropPadding) + 1) - _options.CropPadding;
            var isFlipped = draws.Below(2) == 1 && _options.HorizontalFlip;

            var image = i * batch.ImageSize;
            for (var channel = 0; channel < batch.Channels; channel++)
            {
                var plane = image + (channel * batch.Height * batch.Width);
                CropAndFlip(batch.Pixels.AsSpan(plane), pixels.AsSpan(plane), batch.Height, batch.Width, down, right, isFlipped);
            }
        }

        return new ImageBatch(pixels, batch.Labels, batch.SampleIds, batch.Channels, batch.Height, batch.Width);
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
