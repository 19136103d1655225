using Afa.Data;

namespace Afa.Federation.Attackers;

/// <summary>Placeholder of the images that attackers train on.</summary>
public static class PoisonedImages
{
    public static ImageBatch Poison(AttackerOptions options, ImageBatch batch, int classes, ulong seed) => options.Kind == AttackerKind.LabelFlip
        ? new ImageBatch(batch.Pixels, Array.ConvertAll(batch.Labels, label => classes - 1 - label), batch.SampleIds, batch.Channels, batch.Height, batch.Width)
        : batch;

    public static ImageBatch WithTrigger(ImageBatch batch) => batch;
}
