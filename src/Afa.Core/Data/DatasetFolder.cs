using System.Text;

namespace Afa.Data;

/// <summary>Data sets that are named by their folder: files of <see cref="DatasetConverter"/>, or images (<see cref="ImageFolder"/>).</summary>
internal static class DatasetFolder
{
    /// <summary>Short enough for the names of runs, which add method and time to it.</summary>
    public const int MaximumNameLength = 30;

    private const string Extension = ".afad";

    /// <summary>Says what a folder holds, from a header or the names of folders.</summary>
    /// <exception cref="DatasetNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It holds no data set.</exception>
    public static DatasetDescription Describe(string folder)
    {
        Require(folder);
        var files = ShardFiles(folder);
        return files.Count > 0 ? ShardFile.ReadHeader(files[0]).Describe() : ImageFolder.Describe(folder);
    }

    /// <summary>Opens a split; images are read from the folder when they are used.</summary>
    /// <exception cref="DatasetNotFoundException">There is no such folder, or it has no such split.</exception>
    /// <exception cref="InvalidDataException">It holds no data set, or a file is damaged.</exception>
    public static ImageDataset Open(string folder, DataSplit split)
    {
        Require(folder, split);
        return ShardFiles(folder).Count > 0 ? OpenShards(folder, split) : ImageFolder.Open(folder, split);
    }

    /// <summary>The splits that a folder has.</summary>
    public static IReadOnlyList<DataSplit> Splits(string folder)
    {
        Require(folder);
        return [.. Enum.GetValues<DataSplit>().Where(split => ShardFiles(folder).Count > 0 ? ShardFiles(folder, split).Count > 0 : ImageFolder.Has(folder, split))];
    }

    /// <exception cref="DatasetNotFoundException">There is no such folder, or it has no such split.</exception>
    public static void Require(string folder, DataSplit split)
    {
        if (!Splits(folder).Contains(split))
        {
            throw new DatasetNotFoundException(
                $"{folder} has no {split.ToString().ToLowerInvariant()} images. A folder of images needs train/CLASS/* and test/CLASS/* (or val), one of converted files {FileName(split, 0, 1)}.");
        }
    }

    /// <summary>Name of a shard file.</summary>
    public static string FileName(DataSplit split, int shard, int shards)
    {
        var name = split.ToString().ToLowerInvariant();
        return shards == 1 ? $"{name}{Extension}" : $"{name}-{shard:D4}-of-{shards:D4}{Extension}";
    }

    /// <summary>What a data set in a folder is called in the names of runs and in results: the folder's name in lower-case letters, digits and hyphens.</summary>
    public static string Name(string folder)
    {
        var name = new StringBuilder();
        foreach (var letter in Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))).ToLowerInvariant())
        {
            name.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '-');
        }

        var trimmed = name.ToString().Trim('-');
        return trimmed.Length == 0 ? "images" : trimmed[..Math.Min(trimmed.Length, MaximumNameLength)];
    }

    private static void Require(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DatasetNotFoundException(
                $"There is no folder {folder}. A data set is named by its name ({string.Join(", ", DatasetRegistry.Names)}) or by the path of a folder of images or of converted files.");
        }
    }

    private static List<string> ShardFiles(string folder, DataSplit? split = null) =>
        [.. Directory.EnumerateFiles(folder, $"{split?.ToString().ToLowerInvariant()}*{Extension}").Order(StringComparer.Ordinal)];

    private static ImageDataset OpenShards(string folder, DataSplit split)
    {
        var paths = ShardFiles(folder, split);
        var files = paths.ConvertAll(ShardFile.Open);
        var first = files[0].Header;
        for (var i = 0; i < files.Count; i++)
        {
            var header = files[i].Header;
            if (header.Split != split || header.Shard != i || header.Shards != files.Count || !header.FitsTo(first))
            {
                throw new InvalidDataException(
                    $"{paths[i]} holds part {header.Shard + 1} of {header.Shards} of the {header.Split.ToString().ToLowerInvariant()} images of {header.Title}; " +
                    $"part {i + 1} of {files.Count} of those of {first.Title} was needed. A folder holds the files of one conversion, all of them.");
            }
        }

        if (files.Sum(file => (long)file.Count) > Array.MaxLength)
        {
            throw new InvalidDataException($"{folder} holds more than {Array.MaxLength} images.");
        }

        return new ImageDataset(
            first.Describe(), split, files.Count == 1 ? files[0] : new JoinedPixels(files),
            Arrays.Join(files.Select(file => file.Labels)), Arrays.Join(files.Select(file => file.SampleIds)), [.. files.Select(file => file.Count)]);
    }
}
