namespace Afa.Client.Reports;

/// <summary>Writes files that appear complete or not at all and replace earlier ones.</summary>
internal static class ReportFile
{
    /// <param name="directory">Created if it is missing.</param>
    /// <returns>The file's full path.</returns>
    public static string Replace(string directory, string name, byte[] content)
    {
        Directory.CreateDirectory(directory);
        var path = Path.GetFullPath(Path.Combine(directory, name));
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);   // There is none left after a move.
        }

        return path;
    }
}
