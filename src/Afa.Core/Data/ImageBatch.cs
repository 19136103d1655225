using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Data;

/// <summary>Some images with labels, in plain arrays: cheap to hand from grain to grain inside a process. Nobody changes the arrays.</summary>
public sealed class ImageBatch
{
    // A table, because a division by a constant is turned into a multiplication on some devices, which is not exact.
    private static readonly float[] UnitValues = [.. Enumerable.Range(0, 256).Select(pixel => pixel / 255f)];

    /// <param name="pixels">uint8, [batch, channel, height, width]. Not copied.</param>
    /// <param name="labels">Class of each image. Not copied.</param>
    /// <param name="sampleIds">What each image is called: its position in its whole split; negative for a generated one. Not copied.</param>
    /// <param name="channels">Channels of an image.</param>
    /// <param name="height">Rows of an image.</param>
    /// <param name="width">Columns of an image.</param>
    /// <exception cref="ArgumentException">The batch is empty, or the lengths do not fit together.</exception>
    public ImageBatch(byte[] pixels, long[] labels, int[] sampleIds, int channels, int height, int width)
    {
        if (labels.Length == 0)
        {
            throw new ArgumentException("A batch must have at least one image.", nameof(labels));
        }

        if (sampleIds.Length != labels.Length)
        {
            throw new ArgumentException($"sampleIds must have {labels.Length} entries, one for each label, not {sampleIds.Length}.", nameof(sampleIds));
        }

        if (pixels.Length != (long)labels.Length * channels * height * width)
        {
            throw new ArgumentException(
                $"pixels must have [{labels.Length}, {channels}, {height}, {width}] bytes, not {pixels.Length}.", nameof(pixels));
        }

        Pixels = pixels;
        Labels = labels;
        SampleIds = sampleIds;
        Channels = channels;
        Height = height;
        Width = width;
    }

    /// <summary>uint8, [batch, channel, height, width].</summary>
    public byte[] Pixels { get; }

    /// <summary>Class of each image.</summary>
    public long[] Labels { get; }

    /// <summary>What each image is called: its position in its whole split; negative for a generated one.</summary>
    public int[] SampleIds { get; }

    public int Channels { get; }

    public int Height { get; }

    public int Width { get; }

    /// <summary>Number of images.</summary>
    public int Count => Labels.Length;

    /// <summary>Bytes of one image.</summary>
    public int ImageSize => Channels * Height * Width;

    /// <summary>Memory for the pixels of a batch.</summary>
    /// <exception cref="ArgumentException">They take more than an array can hold.</exception>
    internal static byte[] NewPixels(int images, int imageSize) => (long)images * imageSize <= Array.MaxLength
        ? new byte[images * imageSize]
        : throw new ArgumentException($"{images} images of {imageSize} bytes take {(long)images * imageSize}, but at most {Array.MaxLength} fit into one batch. Take fewer or smaller images.", nameof(images));

    /// <summary>Puts batches behind each other.</summary>
    /// <exception cref="ArgumentException">There is no batch, the images differ in shape, or they take more than 2 GiB.</exception>
    public static ImageBatch Concat(IReadOnlyList<ImageBatch> batches)
    {
        if (batches.Count == 0)
        {
            throw new ArgumentException("There must be at least one batch to put together.", nameof(batches));
        }

        var first = batches[0];
        if (batches.FirstOrDefault(batch => (batch.Channels, batch.Height, batch.Width) != (first.Channels, first.Height, first.Width)) is { } other)
        {
            throw new ArgumentException(
                $"All images must have shape [{first.Channels}, {first.Height}, {first.Width}] as in the first batch, " +
                $"not [{other.Channels}, {other.Height}, {other.Width}].", nameof(batches));
        }

        return new ImageBatch(
            Arrays.Join(batches.Select(batch => batch.Pixels)),
            Arrays.Join(batches.Select(batch => batch.Labels)),
            Arrays.Join(batches.Select(batch => batch.SampleIds)),
            first.Channels,
            first.Height,
            first.Width);
    }

    /// <summary>Copies consecutive images.</summary>
    /// <exception cref="ArgumentException">The range is empty or not inside the batch.</exception>
    public ImageBatch Slice(int start, int count) => new(
        Pixels.AsSpan().Slice(start * ImageSize, count * ImageSize).ToArray(),
        Labels.AsSpan().Slice(start, count).ToArray(),
        SampleIds.AsSpan().Slice(start, count).ToArray(),
        Channels,
        Height,
        Width);

    /// <summary>Copies images in another order.</summary>
    /// <param name="indices">Positions in the batch; at least one.</param>
    /// <exception cref="ArgumentException">There is no index, one is outside the batch, or the images take more than 2 GiB.</exception>
    public ImageBatch Select(ReadOnlySpan<int> indices)
    {
        var pixels = NewPixels(indices.Length, ImageSize);
        var labels = new long[indices.Length];
        var sampleIds = new int[indices.Length];
        for (var i = 0; i < indices.Length; i++)
        {
            Pixels.AsSpan(indices[i] * ImageSize, ImageSize).CopyTo(pixels.AsSpan(i * ImageSize));
            labels[i] = Labels[indices[i]];
            sampleIds[i] = SampleIds[indices[i]];
        }

        return new ImageBatch(pixels, labels, sampleIds, Channels, Height, Width);
    }

    /// <summary>The images as a tensor: each pixel divided by 255, exactly rounded.</summary>
    /// <returns>[batch, channel, height, width], float32 in [0, 1]. The caller owns it.</returns>
    public Tensor ToTensor(Device device)
    {
        var values = new float[Pixels.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = UnitValues[Pixels[i]];
        }

        using var flat = frombuffer(values, ScalarType.Float32);
        using var images = flat.reshape(Count, Channels, Height, Width);
        return HostCopy.To(images, device);
    }

    /// <summary>The labels as a tensor.</summary>
    /// <returns>[batch], int64. The caller owns it.</returns>
    public Tensor LabelsTensor(Device device)
    {
        using var labels = tensor(Labels, ScalarType.Int64, CPU);
        return HostCopy.To(labels, device);
    }
}
