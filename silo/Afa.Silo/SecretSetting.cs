namespace Afa.Silo;

/// <summary>A setting that holds a secret: it comes from an environment variable, or from the file that another one names, never from a command line.</summary>
internal static class SecretSetting
{
    /// <summary>Reads it; null if it is not set, or if its file cannot be read, which is added to the problems.</summary>
    /// <param name="variable">Variable with the secret itself.</param>
    /// <param name="fileVariable">Variable with the name of a file that holds it, such as a mounted secret.</param>
    /// <param name="environment">Looks up variables.</param>
    public static string? Read(string variable, string fileVariable, Func<string, string?> environment, List<string> problems)
    {
        if (environment(variable) is { Length: > 0 } value)
        {
            return value;
        }

        try
        {
            return environment(fileVariable) is { Length: > 0 } file ? File.ReadAllText(file).Trim() : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{fileVariable}: {exception.Message}");
            return null;
        }
    }
}
