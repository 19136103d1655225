using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Afa.Silo;

/// <summary>Where the certificate lies by which a silo or a client proves who it is, and the authority that the others' certificates must come from.</summary>
public sealed class TlsFiles
{
    /// <summary>What the certificates of silos are issued to, unless told otherwise.</summary>
    public const string DefaultSiloName = "afa-silo";

    private const long MaxSizeInBytes = 1 << 20;
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>PEM, the own certificate first and then those between it and the authority; or PKCS#12 (.pfx), with its key.</summary>
    public required string Certificate { get; init; }

    /// <summary>PEM; null if the key lies in <see cref="Certificate"/>.</summary>
    public string? Key { get; init; }

    /// <summary>PEM: one certificate or several.</summary>
    public required string Authority { get; init; }

    /// <summary>Of the key or the PKCS#12 file. A secret.</summary>
    public string? Password { get; init; }

    /// <summary>A DNS name that the certificate of every silo bears and that of no client.</summary>
    public string SiloName { get; init; } = DefaultSiloName;

    /// <summary>Whether the certificate is a silo's.</summary>
    public required bool IsSilo { get; init; }

    /// <summary>Reads the files and finds out whether others would accept the certificate.</summary>
    /// <exception cref="InvalidDataException">They would not, or a file cannot be read; the message says what to do, without a secret.</exception>
    public TlsIdentity Load()
    {
        var authorities = Import(Authority, (_, text) =>
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPem(text);
            return found;
        });
        if (authorities.Count == 0)
        {
            throw new InvalidDataException($"The authority's file {Authority} holds no certificate; it must be PEM (-----BEGIN CERTIFICATE-----).");
        }

        var chain = Import(Certificate, ImportOwn);
        if (chain.FirstOrDefault(certificate => certificate.HasPrivateKey) is not { } own)
        {
            throw new InvalidDataException($"The certificate {Certificate} comes without its private key; name that by --tls-key.");
        }

        var identity = new TlsIdentity(own, [.. chain.Where(certificate => certificate != own)], authorities);
        Require(identity);
        return identity;
    }

    private X509Certificate2Collection ImportOwn(byte[] content, string text)
    {
        if (!text.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            return Key is null ? X509CertificateLoader.LoadPkcs12Collection(content, Password) : throw new InvalidDataException($"The certificate {Certificate} is no PEM; a PKCS#12 file holds its key, so leave out --tls-key.");
        }

        var key = Key is null ? text : Import(Key, (_, pem) => pem);
        var isEncrypted = key.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal);
        if (!isEncrypted && !key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"There is no private key in {Key ?? Certificate}{(Key is null ? "; name its file by --tls-key" : "")}.");
        }

        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(text);
        if (chain.Count == 0)
        {
            throw new InvalidDataException($"There is no certificate in {Certificate}.");
        }

        chain.RemoveAt(0);
        chain.Insert(0, isEncrypted ? X509Certificate2.CreateFromEncryptedPem(text, key, Password) : X509Certificate2.CreateFromPem(text, key));
        return chain;
    }

    private void Require(TlsIdentity identity)
    {
        var own = identity.Own;
        var (now, from, until) = (DateTime.UtcNow, own.NotBefore.ToUniversalTime(), own.NotAfter.ToUniversalTime());
        if (now < from || now > until)
        {
            throw new InvalidDataException($"The certificate {Certificate} is valid from {from:u} to {until:u}, and it is {now:u}; issue a new one.");
        }

        using var chain = new X509Chain { ChainPolicy = identity.NewChainPolicy() };
        if (!chain.Build(own))
        {
            throw new InvalidDataException(
                $"The certificate {Certificate} (issued by {own.Issuer}) does not come from an authority in {Authority} ({string.Join("; ", identity.Authorities.Select(authority => authority.Subject))}): {string.Join(" ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()))}");
        }

        if (IsSilo && !own.MatchesHostname(SiloName, allowWildcards: false, allowCommonName: false))
        {
            throw new InvalidDataException($"The certificate {Certificate} has not '{SiloName}' among its DNS names, by which silos are told from clients; issue one that has, or name what your silos' certificates have by --tls-name.");
        }

        if (own.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } usage
            && (IsSilo ? new[] { ServerAuthentication, ClientAuthentication } : [ClientAuthentication]).Any(needed => !usage.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value == needed)))
        {
            throw new InvalidDataException($"The certificate {Certificate} is not issued for {(IsSilo ? "server and client" : "client")} authentication (extended key usage).");
        }
    }

    private static T Import<T>(string path, Func<byte[], string, T> read)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxSizeInBytes } file)
            {
                throw new InvalidDataException($"{path} has {file.Length} bytes; certificates and keys have at most {MaxSizeInBytes}.");
            }

            var content = File.ReadAllBytes(path);
            return read(content, System.Text.Encoding.ASCII.GetString(content));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(exception.Message, exception);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new InvalidDataException($"{path} cannot be read ({exception.Message}); it must be PEM or PKCS#12, and with an encrypted key {TlsFlags.PasswordVariable} must hold the right password.", exception);
        }
    }
}
