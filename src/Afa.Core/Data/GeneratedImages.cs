namespace Afa.Data;

/// <summary>Generated images with their labels or pseudo-labels, in any number: only labels are in memory. Can be shared between threads.</summary>
/// <remarks>Their sample ids are negative, −1 − position in the file, so that none is that of a real image.</remarks>
public sealed class GeneratedImages
{
    private readonly DatasetDescription _originals;
    private readonly PixelRows _pixels;
    private readonly byte[] _labels;

    private GeneratedImages(DatasetDescription originals, string path, PixelRows pixels, byte[] labels, (int Channels, int Height, int Width) shape)
    {
        if (shape != (originals.Channels, originals.Height, originals.Width))
        {
            throw new InvalidDataException(
                $"{path} holds generated images of [{shape.Channels}, {shape.Height}, {shape.Width}], but {originals.Title} has [{originals.Channels}, {originals.Height}, {originals.Width}]. Name images that were generated for it.");
        }

        if (ClassLabels.IndexOfNoClass(labels, originals.Classes) is >= 0 and var position)
        {
            throw new InvalidDataException(
                $"{path} gives generated image {position} the label {labels[position]}, but {originals.Title} has {originals.Classes} classes, so labels must be in [0, {originals.Classes - 1}].");
        }

        _originals = originals;
        _pixels = pixels;
        _labels = labels;
    }

    /// <summary>Number of images.</summary>
    public int Count => _labels.Length;

    /// <summary>Opens an <c>.npz</c> file or a folder of converted files.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="originals">The data set that the images are to be mixed with.</param>
    /// <exception cref="DatasetNotFoundException">There is no such file or folder.</exception>
    /// <exception cref="InvalidDataException">It cannot be read image by image, is damaged, or does not fit the data set.</exception>
    public static GeneratedImages Open(string path, DatasetDescription originals)
    {
        if (Directory.Exists(path))
        {
            if (DatasetFolder.Describe(path).Format == DatasetFormat.Images)
            {
                throw new InvalidDataException(
                    $"{path} is a folder of images, whose classes may have other numbers than those of {originals.Title}. Name an .npz file, or convert the folder and name what comes of it: afa data convert {path} FOLDER");
            }

            var converted = DatasetFolder.Open(path, DataSplit.Train);
            RequireSameClasses(originals, converted.Description, path);
            return new GeneratedImages(
                originals, path, converted.Rows, converted.Labels.ToArray(), (converted.Description.Channels, converted.Description.Height, converted.Description.Width));
        }

        if (!File.Exists(path))
        {
            throw new DatasetNotFoundException($"There is no file or folder {path} of generated images. An .npz file holds the arrays 'image' and 'label'.");
        }

        var npz = NpzFile.Open(path);
        return new GeneratedImages(originals, path, npz.AnyOrder(), npz.Labels, (npz.Channels, npz.Height, npz.Width));
    }

    /// <summary>A label means the same class in both only if the classes have the same names in the same order. Those of an .npz file are numbers, which say nothing.</summary>
    private static void RequireSameClasses(DatasetDescription originals, DatasetDescription generated, string path)
    {
        if (AreNumbers(generated.ClassNames) || AreNumbers(originals.ClassNames) || generated.ClassNames.SequenceEqual(originals.ClassNames))
        {
            return;
        }

        var first = originals.ClassNames.Zip(generated.ClassNames).TakeWhile(pair => pair.First == pair.Second).Count();
        throw new InvalidDataException(
            $"{path} has other classes than {originals.Title}: class {first} is {Name(generated, first)} there and {Name(originals, first)} here. Give the folders of its classes the same names before it is converted.");

        static bool AreNumbers(IReadOnlyList<string> names) => names.All(name => name.All(char.IsAsciiDigit));

        static string Name(DatasetDescription dataset, int number) => number < dataset.Classes ? $"'{PrintableText.Of(dataset.ClassNames[number], maxLength: 100)}'" : "missing";
    }

    /// <summary>Copies images into a batch.</summary>
    /// <param name="indices">Positions in the file, in any order and as often as wanted; at least one.</param>
    /// <exception cref="InvalidDataException">What lies there is damaged.</exception>
    public ImageBatch Select(ReadOnlySpan<int> indices)
    {
        var size = _originals.ImageSize;
        var pixels = ImageBatch.NewPixels(indices.Length, size);
        var labels = new long[indices.Length];
        var sampleIds = new int[indices.Length];
        for (var i = 0; i < indices.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)indices[i], (uint)Count, nameof(indices));
            _pixels.Read(indices[i], pixels.AsSpan(i * size, size));
            labels[i] = _labels[indices[i]];
            sampleIds[i] = -1 - indices[i];
        }

        return new ImageBatch(pixels, labels, sampleIds, _originals.Channels, _originals.Height, _originals.Width);
    }
}
