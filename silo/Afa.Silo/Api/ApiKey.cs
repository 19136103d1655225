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
        var key = SecretSetting.Read(Variable, FileVariable, environment, problems);
        if (key is null || key.All(letter => letter is > ' ' and <= '~'))
        {
            return key;
        }

        problems.Add($"{(string.IsNullOrEmpty(environment(FileVariable)) ? Variable : FileVariable)}: a key has printable ASCII characters only and no space, as it stands in a header.");
        return null;
    }
}
