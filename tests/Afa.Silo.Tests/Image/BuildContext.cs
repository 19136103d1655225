using System.Text.RegularExpressions;

namespace Afa.Tests.Silo.Image;

/// <summary>The files that a container engine would get to see: all but what .dockerignore names, where the last pattern that matches a file or a folder above it decides.</summary>
internal sealed class BuildContext(string root)
{
    private readonly List<(Regex Pattern, bool IsExcluded)> _rules =
        [.. File.ReadLines(Path.Combine(root, ".dockerignore")).Where(line => line.Length > 0 && line[0] != '#').Select(line => (Compile(line.TrimStart('!')), line[0] != '!'))];

    /// <summary>Whether a path below the root, with '/', is in it.</summary>
    public bool Has(string path)
    {
        var names = path.Split('/');
        var parents = Enumerable.Range(1, names.Length).Select(count => string.Join('/', names[..count])).ToList();
        return !_rules.Where(rule => parents.Any(rule.Pattern.IsMatch)).Select(rule => rule.IsExcluded).LastOrDefault();
    }

    /// <summary>Copies the files of some folders and those of the root itself.</summary>
    public void CopyTo(string target)
    {
        foreach (var file in Files(new DirectoryInfo(root)))
        {
            var copy = Path.Combine(target, file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(root, file), copy);
        }
    }

    private IEnumerable<string> Files(DirectoryInfo folder) => folder.EnumerateFileSystemInfos()
        .Where(item => item.LinkTarget is null && Has(Relative(item)))
        .SelectMany(item => item is DirectoryInfo child ? Files(child) : [Relative(item)]);

    private string Relative(FileSystemInfo item) => Path.GetRelativePath(root, item.FullName);

    private static Regex Compile(string pattern) =>
        new($"^{Regex.Escape(pattern).Replace("\\*\\*/", "(.*/)?", StringComparison.Ordinal).Replace("\\*", "[^/]*", StringComparison.Ordinal)}$");
}
