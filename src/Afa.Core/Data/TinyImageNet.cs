namespace Afa.Data;

/// <summary>
/// Tiny ImageNet (Le and Yang 2015) as its archive unpacks: <c>wnids.txt</c>, <c>train/WNID/images/*.JPEG</c>, and <c>val/images/*.JPEG</c>
/// with their classes in <c>val/val_annotations.txt</c>. The images of <c>test</c> have no published labels; <c>val</c> is what is tested on.
/// </summary>
/// <remarks>Labels count the WordNet ids in ordinal order, as torchvision's <c>ImageFolder</c> does, not in the order of <c>wnids.txt</c>.</remarks>
internal static class TinyImageNet
{
    public const string ClassesFile = "wnids.txt";
    public const string TestFile = "val/val_annotations.txt";

    private const int MaximumListSize = 4 << 20;

    /// <summary>Finds the images of a split; they are decoded when they are read.</summary>
    /// <param name="list">The file that was located: <see cref="ClassesFile"/> or <see cref="TestFile"/>.</param>
    /// <exception cref="InvalidDataException">A list or the folders do not fit the data set.</exception>
    public static ImageDataset Open(DatasetDescription description, DataSplit split, string list)
    {
        var folder = Path.GetDirectoryName(list)!;
        var files = split == DataSplit.Train ? TrainingFiles(description, folder, list) : TestFiles(description, folder, list);
        var expected = description.FilesOf(split)[0].Count;
        return files.Count >= 1 && files.Count <= expected
            ? ImageFolder.Create(description, split, files)
            : throw new InvalidDataException($"{folder} must hold 1 to {expected} images of {description.Title}, not {files.Count}.");
    }

    private static List<(string Path, byte Label)> TrainingFiles(DatasetDescription description, string folder, string list)
    {
        var classes = Lines(list).Select(line => line.Trim()).Where(line => line.Length > 0).Order(StringComparer.Ordinal);
        if (!classes.SequenceEqual(description.ClassNames))
        {
            throw new InvalidDataException($"{list} must list the {description.Classes} WordNet ids of {description.Title}.");
        }

        var files = new List<(string Path, byte Label)>();
        foreach (var (label, name) in description.ClassNames.Index())
        {
            var images = Path.Combine(folder, "train", name, "images");
            if (!Directory.Exists(images))
            {
                throw new InvalidDataException($"{images} is missing; unpack the whole archive.");
            }

            files.AddRange(ImageFolder.Images(images).Select(path => (path, (byte)label)));
        }

        return files;
    }

    private static List<(string Path, byte Label)> TestFiles(DatasetDescription description, string folder, string list)
    {
        var labels = description.ClassNames.Index().ToDictionary(entry => entry.Item, entry => (byte)entry.Index);
        var files = new List<(string Path, byte Label)>();
        foreach (var (number, line) in Lines(list).Index())
        {
            // File name, WordNet id and a bounding box, which is not used.
            var fields = line.Split('\t');
            if (fields.Length < 2 || !labels.TryGetValue(fields[1], out var label) || fields[0] != Path.GetFileName(fields[0]) || !ImageFile.IsImage(fields[0]))
            {
                throw new InvalidDataException($"{list}, line {number + 1} must hold the name of an image, a tab and a WordNet id of {description.Title}.");
            }

            files.Add((Path.Combine(folder, "images", fields[0]), label));
        }

        return files;
    }

    private static string[] Lines(string path)
    {
        var length = new FileInfo(path).Length;
        return length <= MaximumListSize ? File.ReadAllLines(path) : throw new InvalidDataException($"{path} must have up to {MaximumListSize} bytes, not {length}.");
    }
}
