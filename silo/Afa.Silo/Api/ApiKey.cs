namespace Afa.Silo.Api;

/// <summary>The key of the HTTP API, which silo and client have from their environment: never from a command line, which others on the machine can read.</summary>
public static class ApiKey
{
    public const string Variable = "AFA_API_KEY";

    /// <summary>Variable with the name of a file that holds the key, such as a mounted secret.</summary>
    public const string FileVariable = "AFA_API_KEY_FILE";

    /// <summary>The other header in which a request may carry the key, beside <c>Authorization</c>.</summary>
    public const string Header = "X-Api-Key";

    /// <summary>Reads the key; null if there is none or if it cannot be used, which is added to the problems without the key.</summary>
    /// <param name="environment">Looks up variables.</param>
    public static string? Read(Func<string, string?> environment, List<string> problems)
    {
        var (key, file) = (environment(Variable), environment(FileVariable));
        if (!string.IsNullOrEmpty(key) && !string.IsNullOrEmpty(file))
        {
            problems.Add($"{Variable} and {FileVariable} are both set; set one.");
            return null;
        }

        try
        {
            var source = string.IsNullOrEmpty(file) ? Variable : FileVariable;
            key = string.IsNullOrEmpty(file) ? key : File.ReadAllText(file).Trim();
            if (string.IsNullOrEmpty(key) && source == Variable)
            {
                return null;
            }

            if (!string.IsNullOrEmpty(key) && key.All(letter => letter is > ' ' and <= '~'))
            {
                return key;
            }

            problems.Add($"{source}: a key has one or more printable ASCII characters and no space, as it stands in a header.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{FileVariable}: {exception.Message}");
        }

        return null;
    }
}
