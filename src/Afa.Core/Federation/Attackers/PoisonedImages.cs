using Afa.Compute;
using Afa.Data;

namespace Afa.Federation.Attackers;

/// <summary>Training images as a malicious participant changes them.</summary>
public static class PoisonedImages
{
    /// <summary>Changes the images of a batch as the attack wants; returns the batch as it is under an attack that trains on clean images.</summary>
    /// <param name="options">Kind, and the class that a backdoor is to give.</param>
    /// <param name="batch">Not changed.</param>
    /// <param name="classes">C, the number of classes.</param>
    /// <param name="seed">Of the run and the participant. Which images get the trigger depends on it and on their sample ids, so they are the same ones in each epoch.</param>
    /// <returns>Label flip: the images with class C − 1 − c for c (as in the experiments of Karimireddy et al. 2022, arXiv:2006.09365). Backdoor: half of the images, drawn with probability ½ each, with the trigger and the target class.</returns>
    /// <exception cref="ArgumentException">A label, or the class of the backdoor, is not one of the classes.</exception>
    public static ImageBatch Poison(AttackerOptions options, ImageBatch batch, int classes, ulong seed)
    {
        switch (options.Kind)
        {
            case AttackerKind.LabelFlip:
                return With(batch, batch.Pixels, Array.ConvertAll(batch.Labels, label => Flip(label, classes)));
            case AttackerKind.Backdoor when options.BackdoorTarget >= classes:
                throw new ArgumentException($"BackdoorTarget must be one of {classes} classes, in [0, {classes - 1}], not {options.BackdoorTarget}.", nameof(options));
            case AttackerKind.Backdoor:
                var hasTrigger = Array.ConvertAll(batch.SampleIds, id => new SeededDraws(Seed.Derive(seed, (ulong)SeedUse.PoisonedImages, (ulong)id)).Below(2) == 0);
                return With(batch, Trigger(batch, hasTrigger), [.. batch.Labels.Zip(hasTrigger, (label, triggers) => triggers ? options.BackdoorTarget : label)]);
            default:
                return batch;
        }
    }

    /// <summary>Puts the trigger on every image: a white square in the lower right corner, an eighth of the shorter side wide, like BadNets' (Gu et al. 2017, arXiv:1708.06733). Labels stay.</summary>
    /// <param name="batch">Not changed.</param>
    public static ImageBatch WithTrigger(ImageBatch batch) => With(batch, Trigger(batch, Array.ConvertAll(batch.SampleIds, _ => true)), batch.Labels);

    private static long Flip(long label, int classes) => label >= 0 && label < classes
        ? classes - 1 - label
        : throw new ArgumentException($"Labels must be in [0, {classes - 1}], not {label}.", nameof(classes));

    private static byte[] Trigger(ImageBatch batch, bool[] hasTrigger)
    {
        var pixels = batch.Pixels.AsSpan().ToArray();
        var side = Math.Max(1, Math.Min(batch.Height, batch.Width) / 8);
        for (var row = 0; row < batch.Count * batch.Channels * batch.Height; row++)   // Rows of pixels, of all channels and images.
        {
            if (hasTrigger[row / (batch.Channels * batch.Height)] && row % batch.Height >= batch.Height - side)
            {
                pixels.AsSpan(((row + 1) * batch.Width) - side, side).Fill(byte.MaxValue);
            }
        }

        return pixels;
    }

    private static ImageBatch With(ImageBatch batch, byte[] pixels, long[] labels) => new(pixels, labels, batch.SampleIds, batch.Channels, batch.Height, batch.Width);
}
