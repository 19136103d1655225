using System.Runtime.ExceptionServices;

namespace Afa.Data;

/// <summary>Finds and reads a data set.</summary>
public static class DatasetLoader
{
    /// <summary>Loads one split of a data set, so that images can be taken in any order. Converted files are mapped; all others are read into memory.</summary>
    /// <param name="name">Name in <see cref="DatasetRegistry"/>, or the path of a folder.</param>
    /// <param name="split">The split.</param>
    /// <param name="dataDirectory">The only folder to search, or null for the usual places of <see cref="DatasetLocator"/>.</param>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    /// <exception cref="DatasetNotFoundException">The files are not there.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or belongs to another data set.</exception>
    public static ImageDataset Load(string name, DataSplit split, string? dataDirectory = null) => Decoded(Open(name, split, dataDirectory));

    /// <summary>Decodes the images of an opened data set, if that has not been done yet.</summary>
    /// <exception cref="InvalidDataException">An image is damaged, or there are too many for the memory.</exception>
    public static ImageDataset Decoded(ImageDataset dataset) =>
        dataset.Rows is ImageFiles ? IntoMemory(dataset) : dataset;

    /// <summary>Refuses a data set that is not there, without reading it.</summary>
    /// <inheritdoc cref="Load"/>
    public static void Require(string name, DataSplit split, string? dataDirectory = null)
    {
        if (DatasetRegistry.IsPath(name))
        {
            DatasetFolder.Require(name, split);
        }
        else
        {
            DatasetLocator.Locate(DatasetRegistry.Get(name), split, dataDirectory);
        }
    }

    /// <summary>Opens one split: its labels are there, but images in files of their own are decoded anew whenever one is read.</summary>
    /// <inheritdoc cref="Load"/>
    public static ImageDataset Open(string name, DataSplit split, string? dataDirectory = null)
    {
        if (DatasetRegistry.IsPath(name))
        {
            return DatasetFolder.Open(name, split);
        }

        var description = DatasetRegistry.Get(name);
        return Read(description, split, DatasetLocator.Locate(description, split, dataDirectory));
    }

    /// <summary>Counts the training images without reading one: those of the official files for a name, of which a user may have fewer, and those that are there for a folder.</summary>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    /// <exception cref="DatasetNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">The folder holds no data set, or a file is damaged.</exception>
    public static int CountTrainingImages(string name)
    {
        if (DatasetRegistry.IsPath(name))
        {
            return DatasetFolder.Open(name, DataSplit.Train).Count;
        }

        var description = DatasetRegistry.Get(name);
        var files = description.FilesOf(DataSplit.Train).Select(file => file.Count);
        return description.Format == DatasetFormat.Idx ? files.First() : files.Sum();   // Labels have a file of their own.
    }

    internal static ImageDataset Read(DatasetDescription description, DataSplit split, IReadOnlyList<string> paths)
    {
        if (description.Format == DatasetFormat.TinyImageNet)
        {
            return TinyImageNet.Open(description, split, paths[0]);
        }

        var files = description.FilesOf(split);
        var (pixels, labels) = description.Format == DatasetFormat.Idx
            ? ReadIdx(description, files, paths)
            : ReadCifar(description, files, paths);
        return new ImageDataset(description, split, pixels, labels);
    }

    private static ImageDataset IntoMemory(ImageDataset dataset)
    {
        if ((long)dataset.Count * dataset.Description.ImageSize > Array.MaxLength)
        {
            throw new InvalidDataException(
                $"The {dataset.Count} images of {dataset.Description.Title} take more memory decoded than one data set may. Convert it once, which takes none: afa data convert (then name the new folder).");
        }

        var size = dataset.Description.ImageSize;
        var pixels = new byte[dataset.Count * size];
        try
        {
            Parallel.For(0, dataset.Count, i => dataset.Rows.Read(i, pixels.AsSpan(i * size, size)));
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }

        return new ImageDataset(dataset.Description, dataset.Split, new ArrayPixels(pixels, size), dataset.Labels.ToArray(), dataset.SampleIds.ToArray());
    }

    private static (byte[] Pixels, byte[] Labels) ReadIdx(
        DatasetDescription description, IReadOnlyList<DatasetFile> files, IReadOnlyList<string> paths)
    {
        var pixels = IdxReader.ReadImages(paths[0], description.Height, description.Width, files[0].Count);
        var labels = IdxReader.ReadLabels(paths[1], description.Classes, files[1].Count);
        if (pixels.Length != labels.Length * description.ImageSize)
        {
            throw new InvalidDataException($"{paths[1]} has {labels.Length} labels for {pixels.Length / description.ImageSize} images in {paths[0]}.");
        }

        RefuseOtherDataset(description, paths[1]);
        return (pixels, labels);
    }

    private static (byte[] Pixels, byte[] Labels) ReadCifar(
        DatasetDescription description, IReadOnlyList<DatasetFile> files, IReadOnlyList<string> paths)
    {
        var labelBytes = description.Format == DatasetFormat.Cifar100 ? 2 : 1;
        var parts = files
            .Select((file, i) => CifarReader.Read(paths[i], labelBytes, description.ImageSize, description.Classes, file.Count))
            .ToList();
        return (Arrays.Join(parts.Select(part => part.Pixels)), Arrays.Join(parts.Select(part => part.Labels)));
    }

    // MNIST and Fashion-MNIST share file names and shape, so nothing else would notice a wrong folder.
    private static void RefuseOtherDataset(DatasetDescription description, string labelsPath)
    {
        var md5 = DatasetVerification.Md5Of(labelsPath);
        var owner = DatasetRegistry.All.FirstOrDefault(other => other.Files.Any(file => file.KnownMd5.Contains(md5)));
        if (owner is not null && owner.Name != description.Name)
        {
            throw new InvalidDataException($"{labelsPath} belongs to {owner.Title}, not to {description.Title}; name the data set '{owner.Name}' or another folder.");
        }
    }
}
