namespace Afa.Silo;

/// <summary>A setting that holds a secret: it comes from an environment variable, or from the file that another one names, never from a command line.</summary>
internal static class SecretSetting
{
    /// <summary>Reads it; null if it is not set, or if it cannot be had, which is added to the problems: both variables are set, the file cannot be read or is empty.</summary>
    /// <param name="variable">Variable with the secret itself.</param>
    /// <param name="fileVariable">Variable with the name of a file that holds it, such as a mounted secret.</param>
    /// <param name="environment">Looks up variables.</param>
    public static string? Read(string variable, string fileVariable, Func<string, string?> environment, List<string> problems)
    {
        var (value, file) = (environment(variable), environment(fileVariable));
        if (string.IsNullOrEmpty(file))
        {
            return string.IsNullOrEmpty(value) ? null : value;
        }

        if (!string.IsNullOrEmpty(value))
        {
            problems.Add($"{variable} and {fileVariable} are both set; set one.");
            return null;
        }

        try
        {
            if (File.ReadAllText(file).Trim() is { Length: > 0 } content)
            {
                return content;
            }

            problems.Add($"{fileVariable}: the file {file} is empty.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{fileVariable}: {exception.Message}");
        }

        return null;
    }
}
