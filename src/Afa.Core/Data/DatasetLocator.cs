namespace Afa.Data;

/// <summary>Finds the files of a data set on this machine.</summary>
/// <remarks>
/// A data folder that the caller names is the only one searched. Otherwise, in this order: the folder in the environment variable
/// <c>AFA_DATA_DIR</c>, the cache of downloads, and <c>/usr/share/datasets</c>, where Debian packages put them.
/// In a data folder, the sub folders of <see cref="DatasetDescription.FolderNames"/> come before the folder itself.
/// </remarks>
public static class DatasetLocator
{
    /// <summary>Name of the environment variable that holds a data folder.</summary>
    public const string DataDirectoryVariable = "AFA_DATA_DIR";

    private const string SystemDirectory = "/usr/share/datasets";

    /// <summary>Finds every file of one split.</summary>
    /// <param name="description">The data set.</param>
    /// <param name="split">The split.</param>
    /// <param name="dataDirectory">The only folder to search, or null for the usual places.</param>
    /// <returns>A path for each of <see cref="DatasetDescription.FilesOf"/>, in that order and all in one folder.</returns>
    /// <exception cref="DatasetNotFoundException">No folder holds them all.</exception>
    public static IReadOnlyList<string> Locate(DatasetDescription description, DataSplit split, string? dataDirectory = null) =>
        Locate(description, split, dataDirectory, Environment.GetEnvironmentVariable);

    /// <summary>Folder of the cache that holds a data set: <c>$XDG_CACHE_HOME/afa/data/NAME</c>, by default below <c>~/.cache</c>.</summary>
    public static string CacheDirectory(DatasetDescription description) =>
        CacheDirectory(description, Environment.GetEnvironmentVariable);

    internal static IReadOnlyList<string> Locate(
        DatasetDescription description, DataSplit split, string? dataDirectory, Func<string, string?> environment)
    {
        var files = description.FilesOf(split);
        var searched = new List<string>();
        foreach (var folder in Folders(description, dataDirectory, environment))
        {
            var paths = files.Select(file => Find(folder, file)).ToList();
            var missing = paths.IndexOf(null);
            if (missing < 0)
            {
                return [.. paths.OfType<string>()];
            }

            searched.Add(Directory.Exists(folder) ? $"{folder} (has no {files[missing].Name})" : $"{folder} (no such folder)");
        }

        throw new DatasetNotFoundException(
            $"The {split.ToString().ToLowerInvariant()} files of {description.Title} were not found. Searched:{Lines(searched)}\n" +
            $"To obtain them:{Lines(WaysToObtain(description))}");
    }

    internal static string CacheDirectory(DatasetDescription description, Func<string, string?> environment)
    {
        // The XDG base directory specification: a relative path is invalid and is ignored.
        var cache = environment("XDG_CACHE_HOME");
        if (!Path.IsPathFullyQualified(cache ?? ""))
        {
            cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        }

        return Path.Combine(cache!, "afa", "data", description.Name);
    }

    private static IEnumerable<string> Folders(DatasetDescription description, string? dataDirectory, Func<string, string?> environment)
    {
        if (dataDirectory is not null)
        {
            return WithSubFolders(description, dataDirectory);
        }

        var folders = new List<string>();
        if (environment(DataDirectoryVariable) is { Length: > 0 } fromEnvironment)
        {
            folders.AddRange(WithSubFolders(description, fromEnvironment));
        }

        folders.Add(CacheDirectory(description, environment));
        folders.Add(Path.Combine(SystemDirectory, description.Name));
        return folders;
    }

    private static IEnumerable<string> WithSubFolders(DatasetDescription description, string folder) =>
        [.. description.FolderNames.Select(name => Path.Combine(folder, name)), folder];

    private static string? Find(string folder, DatasetFile file)
    {
        var path = Path.Combine(folder, file.Name);
        if (File.Exists(path))
        {
            return path;
        }

        return path.EndsWith(".gz", StringComparison.Ordinal) && File.Exists(path[..^3]) ? path[..^3] : null;
    }

    private static IEnumerable<string> WaysToObtain(DatasetDescription description)
    {
        if (description.DebianPackage is not null)
        {
            yield return $"apt-get install {description.DebianPackage}";
        }

        yield return $"--data-dir FOLDER or {DataDirectoryVariable}=FOLDER, if you have the files";
        foreach (var download in description.Downloads)
        {
            yield return $"download {download.Url}";
        }

        if (description.ManualDownload is { } archive)
        {
            yield return $"download and unpack {archive}";
        }
    }

    private static string Lines(IEnumerable<string> lines) => string.Concat(lines.Select(line => $"\n  {line}"));
}
