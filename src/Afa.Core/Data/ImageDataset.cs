namespace Afa.Data;

/// <summary>Labeled images. Labels are in memory, pixels are there or in mapped files. Immutable, so it can be shared between threads.</summary>
public sealed class ImageDataset
{
    private readonly PixelRows _pixels;
    private readonly byte[] _labels;
    private readonly int[] _sampleIds;

    /// <summary>Takes over a whole split; image i gets the sample id i.</summary>
    /// <param name="description">What the images are.</param>
    /// <param name="split">Where they come from.</param>
    /// <param name="pixels">uint8, [image, channel, height, width]. Not copied: do not change it afterwards.</param>
    /// <param name="labels">Class of each image. Not copied: do not change it afterwards.</param>
    /// <exception cref="ArgumentException">The lengths do not fit together, or a label is not the number of a class.</exception>
    public ImageDataset(DatasetDescription description, DataSplit split, byte[] pixels, byte[] labels)
        : this(description, split, InMemory(description, pixels, labels), labels, [.. Enumerable.Range(0, labels.Length)])
    {
    }

    /// <summary>Takes over images that lie anywhere.</summary>
    /// <param name="sampleIds">What each image is called.</param>
    /// <param name="fileSizes">Images of each file that the data set was joined from; null: it is one piece.</param>
    internal ImageDataset(DatasetDescription description, DataSplit split, PixelRows pixels, byte[] labels, int[] sampleIds, IReadOnlyList<int>? fileSizes = null)
    {
        if (ClassLabels.IndexOfNoClass(labels, description.Classes) is >= 0 and var position)
        {
            throw new ArgumentException($"labels must be in [0, {description.Classes - 1}], but that of image {position} is {labels[position]}.", nameof(labels));
        }

        Description = description;
        Split = split;
        _pixels = pixels;
        _labels = labels;
        _sampleIds = sampleIds;
        FileSizes = fileSizes ?? [labels.Length];
    }

    public DatasetDescription Description { get; }

    public DataSplit Split { get; }

    /// <summary>Number of images.</summary>
    public int Count => _labels.Length;

    /// <summary>The pixels of each image.</summary>
    internal PixelRows Rows => _pixels;

    /// <summary>Images of each file of a converted data set, in order; a single number for all others.</summary>
    public IReadOnlyList<int> FileSizes { get; }

    /// <summary>Class of each image.</summary>
    public ReadOnlyMemory<byte> Labels => _labels;

    /// <summary>Position of each image in the whole split: what a sample is called, in a subset too.</summary>
    public ReadOnlyMemory<int> SampleIds => _sampleIds;

    /// <summary>Copies images into a batch.</summary>
    /// <param name="indices">Positions in this data set, in any order.</param>
    /// <exception cref="ArgumentException">There is no index, one is outside the data set, or the images take more than 2 GiB.</exception>
    public ImageBatch Select(ReadOnlySpan<int> indices)
    {
        var (pixels, labels, sampleIds) = Copy(indices);
        return new ImageBatch(pixels, Array.ConvertAll(labels, label => (long)label), sampleIds, Description.Channels, Description.Height, Description.Width);
    }

    /// <summary>Copies images into a data set of their own. They keep their sample ids.</summary>
    /// <param name="indices">Positions in this data set, in any order.</param>
    /// <exception cref="ArgumentException">An index is outside the data set, or the images take more than 2 GiB.</exception>
    public ImageDataset Subset(ReadOnlySpan<int> indices)
    {
        var (pixels, labels, sampleIds) = Copy(indices);
        return new ImageDataset(Description, Split, new ArrayPixels(pixels, Description.ImageSize), labels, sampleIds);
    }

    private static ArrayPixels InMemory(DatasetDescription description, byte[] pixels, byte[] labels) =>
        pixels.Length == (long)labels.Length * description.ImageSize
            ? new ArrayPixels(pixels, description.ImageSize)
            : throw new ArgumentException(
                $"pixels must have {description.ImageSize} bytes for each of {labels.Length} labels, not {pixels.Length} in all.", nameof(pixels));

    private (byte[] Pixels, byte[] Labels, int[] SampleIds) Copy(ReadOnlySpan<int> indices)
    {
        var size = Description.ImageSize;
        var pixels = ImageBatch.NewPixels(indices.Length, size);
        var labels = new byte[indices.Length];
        var sampleIds = new int[indices.Length];
        for (var i = 0; i < indices.Length; i++)
        {
            var index = indices[i];
            if ((uint)index >= (uint)Count)
            {
                throw new ArgumentOutOfRangeException(nameof(indices), index, $"indices must be in [0, {Count - 1}], the images of the data set.");
            }

            _pixels.Read(index, pixels.AsSpan(i * size, size));
            labels[i] = _labels[index];
            sampleIds[i] = _sampleIds[index];
        }

        return (pixels, labels, sampleIds);
    }
}
