using System.Globalization;
using System.Runtime.InteropServices;
using Afa.Compute;

namespace Afa.Data;

/// <summary>
/// A folder of images: <c>train/CLASS/*</c> and <c>test/CLASS/*</c> (or <c>val</c>), or without these only <c>CLASS/*</c>, all for training.
/// Images are PNG or JPEG files; other files are passed over.
/// </summary>
/// <remarks>
/// Classes have their folders' names in ordinal order, images of a class too: the labels of torchvision's <c>ImageFolder</c>. Training images are
/// listed class by class, as there. Test images are listed in a random order, the same each time, as an evaluation takes the first ones.
/// </remarks>
internal static class ImageFolder
{
    /// <summary>Nothing is known of such images, so that of CIFAR.</summary>
    public const double RecommendedEpsilon = 8.0 / 255;

    private const string TrainFolder = "train";
    private static readonly string[] s_testFolders = ["test", "val", "validation"];

    /// <summary>Says what a folder holds, without decoding an image.</summary>
    /// <param name="size">Height and width that images are brought to; null: the size of the first one, which all must have.</param>
    /// <exception cref="InvalidDataException">It is no such folder.</exception>
    public static DatasetDescription Describe(string folder, int? size = null)
    {
        var classes = Classes(TrainingFolder(folder));
        var (height, width) = size is { } side ? (side, side) : ImageFile.ReadSize(Images(classes[0])[0]);
        if (Math.Max(height, width) > ShardFileHeader.MaximumSide)
        {
            throw new InvalidDataException($"Images may have sides up to {ShardFileHeader.MaximumSide}, but {Images(classes[0])[0]} has {height} × {width}. 'afa data convert {folder} TARGET --size 64' makes them smaller.");
        }

        return new DatasetDescription
        {
            Name = DatasetFolder.Name(folder),
            Title = Path.GetFileName(DatasetRegistry.Resolve(Path.GetFullPath(folder))),
            Format = DatasetFormat.Images,
            Channels = ImageFile.Channels,
            Height = height,
            Width = width,
            ClassNames = [.. classes.Select(path => Path.GetFileName(path)!)],
            Files = [],
            Downloads = [],
            FolderNames = [],
            RecommendedEpsilon = RecommendedEpsilon,
        };
    }

    /// <summary>Finds the images of a split; they are decoded when they are read.</summary>
    /// <param name="split">One that the folder has.</param>
    /// <exception cref="InvalidDataException">A class is empty or not one of the training split.</exception>
    public static ImageDataset Open(string folder, DataSplit split, int? size = null)
    {
        var description = Describe(folder, size);
        var splitFolder = split == DataSplit.Train ? TrainingFolder(folder) : TestFolder(folder)!;
        var labels = new Dictionary<string, byte>();
        foreach (var (label, name) in description.ClassNames.Index())
        {
            labels.Add(name, (byte)label);
        }

        var files = new List<(string Path, byte Label)>();
        foreach (var folderOfClass in Classes(splitFolder))
        {
            if (!labels.TryGetValue(Path.GetFileName(folderOfClass), out var label))
            {
                throw new InvalidDataException($"{folderOfClass} is the folder of a class that has no training images; the classes are {string.Join(", ", description.ClassNames.Take(20))}.");
            }

            files.AddRange(Images(folderOfClass).Select(path => (path, label)));
        }

        if (split == DataSplit.Test)
        {
            new SeededDraws(Seed.Derive(0, (ulong)SeedUse.TestOrder)).Shuffle(CollectionsMarshal.AsSpan(files));
        }

        return Create(description, split, files, isResized: size is not null);
    }

    /// <summary>Whether the folder has images of a split.</summary>
    public static bool Has(string folder, DataSplit split) => split == DataSplit.Train || TestFolder(folder) is not null;

    /// <summary>Makes a data set of image files.</summary>
    public static ImageDataset Create(DatasetDescription description, DataSplit split, IReadOnlyList<(string Path, byte Label)> files, bool isResized = false) => new(
        description,
        split,
        new ImageFiles([.. files.Select(file => file.Path)], description.Height, description.Width, isResized),
        [.. files.Select(file => file.Label)],
        [.. Enumerable.Range(0, files.Count)]);

    /// <summary>The image files of a folder in ordinal order.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static IReadOnlyList<string> Images(string folder)
    {
        var images = Directory.EnumerateFiles(folder).Where(ImageFile.IsImage).Order(StringComparer.Ordinal).ToList();
        return images.Count > 0 ? images : throw new InvalidDataException($"{folder} must hold PNG or JPEG files (.png, .jpg, .jpeg), as it is the folder of a class; it has none.");
    }

    private static string TrainingFolder(string folder)
    {
        var train = Path.Combine(folder, TrainFolder);
        return Directory.Exists(train) ? train : folder;
    }

    private static string? TestFolder(string folder) => Directory.Exists(Path.Combine(folder, TrainFolder))
        ? s_testFolders.Select(name => Path.Combine(folder, name)).FirstOrDefault(Directory.Exists)
        : null;

    private static List<string> Classes(string folder)
    {
        var classes = Directory.EnumerateDirectories(folder).Where(path => !Path.GetFileName(path).StartsWith('.')).OrderBy(Path.GetFileName, StringComparer.Ordinal).ToList();
        return classes.Count is >= 1 and <= ShardFileHeader.MaximumClasses
            ? classes
            : throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"{folder} must hold a folder for each of 1 to {ShardFileHeader.MaximumClasses} classes, not {classes.Count}: train/CLASS/IMAGE.png and test/CLASS/IMAGE.png, or the .afad files of 'afa data convert'."));
    }
}
