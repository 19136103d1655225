using System.CommandLine;

namespace Afa.Silo;

/// <summary>The options by which a silo or a client is given its certificate. Each command needs an instance of its own.</summary>
/// <param name="isSilo">Whether the certificate is a silo's.</param>
public sealed class TlsFlags(bool isSilo)
{
    /// <summary>Variable with the password of the key or the PKCS#12 file.</summary>
    public const string PasswordVariable = "AFA_TLS_PASSWORD";

    /// <summary>Variable with the name of a file that holds that password, such as a mounted secret.</summary>
    public const string PasswordFileVariable = "AFA_TLS_PASSWORD_FILE";

    private readonly Option<string?> _certificate = File("--tls-certificate", "AFA_TLS_CERTIFICATE", isSilo
        ? $"Certificate for mutual TLS with other silos and clients: PEM, or PKCS#12 with its password in {PasswordVariable} or in the file that {PasswordFileVariable} names. Read again when it changes. Default: no TLS."
        : $"Own certificate, where the cluster wants one: PEM, or PKCS#12 with its password in {PasswordVariable} or in the file that {PasswordFileVariable} names.");

    private readonly Option<string?> _key = File("--tls-key", "AFA_TLS_KEY", "Its private key, PEM, if that is a file of its own.");

    private readonly Option<string?> _authority = File("--tls-authority", "AFA_TLS_AUTHORITY", "Certificate of the authority, PEM, that all silos' and clients' certificates come from.");

    private readonly Option<string?> _name = new("--tls-name") { HelpName = "NAME", Description = $"DNS name in the certificates of all silos and of no client. Default: {TlsFiles.DefaultSiloName}. [AFA_TLS_NAME]" };

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [_certificate, _key, _authority, _name];

    /// <summary>Reads them, and the files that they name; what is wrong is added to the problems, without any secret.</summary>
    /// <param name="environment">Looks up variables.</param>
    /// <returns>Null if no TLS is wanted, or if something is wrong.</returns>
    public TlsFiles? Read(ParseResult parsed, Func<string, string?> environment, List<string> problems)
    {
        var (certificate, key, authority) = (Given(_certificate, "AFA_TLS_CERTIFICATE"), Given(_key, "AFA_TLS_KEY"), Given(_authority, "AFA_TLS_AUTHORITY"));
        if (certificate is null && key is null && authority is null)
        {
            if (parsed.GetValue(_name) is not null)
            {
                problems.Add("--tls-name is of no use without TLS: give --tls-certificate and --tls-authority too, or leave it out.");
            }

            return null;
        }

        if (certificate is null || authority is null)
        {
            problems.Add("--tls-certificate and --tls-authority go together: with mutual TLS each side shows a certificate and knows whose to accept.");
            return null;
        }

        var files = new TlsFiles
        {
            Certificate = certificate,
            Key = key,
            Authority = authority,
            Password = SecretSetting.Read(PasswordVariable, PasswordFileVariable, environment, problems),
            SiloName = Given(_name, "AFA_TLS_NAME") ?? TlsFiles.DefaultSiloName,
            IsSilo = isSilo,
        };
        try
        {
            files.Load();
            return files;
        }
        catch (InvalidDataException exception)
        {
            problems.Add($"TLS: {exception.Message}");
            return null;
        }

        string? Given(Option<string?> option, string variable) => parsed.GetValue(option) ?? (environment(variable) is { Length: > 0 } value ? value : null);
    }

    private static Option<string?> File(string name, string variable, string description) => new(name) { HelpName = "FILE", Description = $"{description} [{variable}]" };
}
