using System.Security.Cryptography;

namespace Afa.Data;

/// <summary>Checks the files of a data set: that they can be read, what they hold, and whether they are the published ones.</summary>
public static class DatasetVerification
{
    /// <summary>The splits that can be verified.</summary>
    /// <param name="name">Name in <see cref="DatasetRegistry"/>, path of a folder, or of an <c>.npz</c> file of generated images.</param>
    /// <exception cref="DatasetNotFoundException">There is no such folder.</exception>
    public static IReadOnlyList<DataSplit> Splits(string name) =>
        DatasetConverter.IsNpz(name) ? [DataSplit.Train]
        : DatasetRegistry.IsPath(name) ? DatasetFolder.Splits(name)
        : Enum.GetValues<DataSplit>();

    /// <summary>Reads and checks one split: every image is decoded, every checksum of this program's own files compared.</summary>
    /// <param name="name">Name in <see cref="DatasetRegistry"/>, path of a folder, or of an <c>.npz</c> file of generated images.</param>
    /// <param name="split">The split.</param>
    /// <param name="dataDirectory">The only folder to search for a data set with a name, or null for the usual places of <see cref="DatasetLocator"/>.</param>
    /// <param name="progress">Is told now and then, or null.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    /// <exception cref="DatasetNotFoundException">The files are not there.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or belongs to another data set.</exception>
    public static DatasetSplitReport Verify(
        string name, DataSplit split, string? dataDirectory = null, IProgress<ConversionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<DatasetFile> files = [];
        IReadOnlyList<string> paths = [];
        ImageDataset dataset;
        if (DatasetConverter.IsNpz(name))
        {
            dataset = DatasetConverter.OpenNpz(name);
        }
        else if (DatasetRegistry.IsPath(name))
        {
            dataset = DatasetFolder.Open(name, split);
        }
        else
        {
            var description = DatasetRegistry.Get(name);
            files = description.FilesOf(split);
            paths = DatasetLocator.Locate(description, split, dataDirectory);
            dataset = DatasetLoader.Read(description, split, paths);
        }

        var classCounts = new int[dataset.Description.Classes];
        var image = new byte[dataset.Description.ImageSize];
        var pace = new ProgressPace(dataset.Count);
        for (var i = 0; i < dataset.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            dataset.Rows.Read(i, image);
            classCounts[dataset.Labels.Span[i]]++;
            if (pace.IsDue(i + 1))
            {
                progress?.Report(new ConversionProgress(split, i + 1, dataset.Count));
            }
        }

        // An idx data set has its images in one file and their labels in another, of the same count.
        var officialCount = files.Count == 0 ? dataset.Count
            : dataset.Description.Format == DatasetFormat.Idx ? files[0].Count : files.Sum(file => file.Count);
        return new DatasetSplitReport(split, dataset.Count, officialCount, classCounts, [.. files.Zip(paths, Check)]);
    }

    /// <summary>Computes the MD5 of a file as lower-case hex: the checksum that the publishers give, against damage rather than forgery.</summary>
    internal static string Md5Of(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.MD5, file));
    }

    private static DatasetFileReport Check(DatasetFile file, string path)
    {
        var md5 = Md5Of(path);
        var checksum = file.KnownMd5.Count == 0 ? ChecksumResult.NotPublished
            : file.KnownMd5.Contains(md5) ? ChecksumResult.Official
            : ChecksumResult.Different;
        return new DatasetFileReport(path, md5, checksum);
    }
}
