using System.Security.Cryptography;

namespace Afa.Data;

/// <summary>Checks the files of a data set: that they can be read, what they hold, and whether they are the published ones.</summary>
public static class DatasetVerification
{
    /// <summary>Reads and checks one split.</summary>
    /// <param name="name">Name in <see cref="DatasetRegistry"/>.</param>
    /// <param name="split">The split.</param>
    /// <param name="dataDirectory">The only folder to search, or null for the usual places of <see cref="DatasetLocator"/>.</param>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    /// <exception cref="DatasetNotFoundException">The files are not there.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or belongs to another data set.</exception>
    public static DatasetSplitReport Verify(string name, DataSplit split, string? dataDirectory = null)
    {
        var description = DatasetRegistry.Get(name);
        var files = description.FilesOf(split);
        var paths = DatasetLocator.Locate(description, split, dataDirectory);
        var dataset = DatasetLoader.Read(description, split, paths);

        var classCounts = new int[description.Classes];
        foreach (var label in dataset.Labels.Span)
        {
            classCounts[label]++;
        }

        // An idx data set has its images in one file and their labels in another, of the same count.
        var officialCount = description.Format == DatasetFormat.Idx ? files[0].Count : files.Sum(file => file.Count);
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
