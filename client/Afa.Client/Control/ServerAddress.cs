using Afa.Silo.Api;

namespace Afa.Client.Control;

/// <summary>Where a client finds a silo's HTTP API, and what it shows there.</summary>
internal sealed class ServerAddress
{
    private const string Kind = "server ";

    private ServerAddress(Uri url, string? key) => (Url, Key) = (url, key);

    public Uri Url { get; }

    /// <summary>The key, or a token of Entra ID; null: none.</summary>
    public string? Key { get; }

    /// <summary>As the user names it: "server URL". Holds no secret.</summary>
    public string Name => Kind + Url.ToString().TrimEnd('/');

    /// <summary>Whether a text is the <see cref="Name"/> of a server, not the full path or address of a store.</summary>
    public static bool IsName(string text) => text.StartsWith(Kind, StringComparison.Ordinal);

    /// <summary>Reads the address; null if none was given, or if it is wrong, which is added to the problems.</summary>
    /// <param name="given">What the user gave; null: nothing.</param>
    /// <param name="environment">Looks up the variables with the key.</param>
    public static ServerAddress? Read(string? given, Func<string, string?> environment, List<string> problems)
    {
        if (given is null)
        {
            return null;
        }

        if (Uri.TryCreate(given, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) && url is { UserInfo: "", Query: "", Fragment: "" })
        {
            return new(url, ApiKey.Read(environment, problems));
        }

        problems.Add($"--server must be http://HOST:PORT or https://HOST:PORT, where the port is a silo's --http-port{(url?.UserInfo is { Length: > 0 } ? $"; keys belong into {ApiKey.Variable}, or into the file that {ApiKey.FileVariable} names, never on a command line." : $", not '{given}'.")}");
        return null;
    }
}
