using System.Security.Cryptography;
using System.Text;

namespace Afa.Silo.Api;

/// <summary>Who may use the HTTP API and the page: whoever has the key, or a token of Entra ID. With neither, they are open on loopback and closed elsewhere.</summary>
public sealed class ApiAccess
{
    /// <summary>Fewest characters of a key.</summary>
    public const int ShortestKey = 16;

    private readonly byte[]? _keyHash;

    /// <param name="key">Null: none.</param>
    /// <param name="entra">Null: no tokens.</param>
    public ApiAccess(string? key = null, EntraOptions? entra = null) => (_keyHash, Entra) = (key is null ? null : Hash(key), entra);

    /// <summary>Whose tokens open the API; null: nobody's.</summary>
    public EntraOptions? Entra { get; }

    /// <summary>Whether requests must show who they are from.</summary>
    public bool IsClosed => _keyHash is not null || Entra is not null;

    /// <summary>Reads who may; what is wrong is added to the problems, without any secret.</summary>
    /// <param name="environment">Looks up variables.</param>
    public static ApiAccess Read(Func<string, string?> environment, List<string> problems)
    {
        var key = ApiKey.Read(environment, problems);
        if (key?.Length < ShortestKey)
        {
            problems.Add($"The API key has {key.Length} characters and needs at least {ShortestKey}, such as those of: openssl rand -hex 32");
        }

        return new ApiAccess(key, EntraOptions.Read(environment, problems));
    }

    /// <summary>Compares in a time that does not depend on where the two differ.</summary>
    public bool IsKey(string given) => _keyHash is not null && CryptographicOperations.FixedTimeEquals(Hash(given), _keyHash);

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
