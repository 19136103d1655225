namespace Afa.Tests.Silo;

/// <summary>The sources that the tests were built from, for tests of files that are not compiled.</summary>
internal static class SourceTree
{
    /// <summary>The folder of the repository: the one above the tests' that holds the solution.</summary>
    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>Full path of a file or folder.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find(DirectoryInfo? folder)
    {
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "AFA.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds AFA.sln: run the tests from where they were built.");
    }
}
