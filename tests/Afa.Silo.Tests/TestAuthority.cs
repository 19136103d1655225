using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Afa.Tests.Silo;

/// <summary>An authority of a test's own that issues certificates into a folder.</summary>
internal sealed class TestAuthority : IDisposable
{
    public const string PfxPassword = "s3cret";

    private static readonly DateTimeOffset s_now = DateTimeOffset.UtcNow;

    private readonly string _folder = Directory.CreateTempSubdirectory("afa-tls-").FullName;
    private readonly X509Certificate2 _certificate;

    public TestAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        _certificate = request.CreateSelfSigned(s_now.AddYears(-2), s_now.AddYears(2));
        File.WriteAllText(Path, _certificate.ExportCertificatePem());
    }

    /// <summary>Its own certificate.</summary>
    public string Path => System.IO.Path.Combine(_folder, "authority.pem");

    /// <summary>Issues a certificate, valid for a year around <paramref name="day"/> days from now, that has a key of its own.</summary>
    /// <param name="name">Of its files, NAME.pem, NAME.key and NAME.pfx.</param>
    /// <param name="dnsName">Null: none.</param>
    /// <param name="isForServers">Whether it is also for server authentication.</param>
    /// <returns>Path of the PEM file.</returns>
    public string Issue(string name, string? dnsName, bool isForServers = true, int day = 0)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        if (dnsName is not null)
        {
            names.AddDnsName(dnsName);
        }

        var uses = new OidCollection { new("1.3.6.1.5.5.7.3.2") };
        if (isForServers)
        {
            uses.Add(new("1.3.6.1.5.5.7.3.1"));
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(uses, critical: false));
        using var issued = request.Create(_certificate, s_now.AddDays(day - 182), s_now.AddDays(day + 182), RandomNumberGenerator.GetBytes(8));
        using var own = issued.CopyWithPrivateKey(key);
        var path = System.IO.Path.Combine(_folder, name);
        File.WriteAllText($"{path}.pem", own.ExportCertificatePem());
        File.WriteAllText($"{path}.key", key.ExportPkcs8PrivateKeyPem());
        File.WriteAllBytes($"{path}.pfx", own.Export(X509ContentType.Pfx, PfxPassword));
        return $"{path}.pem";
    }

    /// <summary>The options of a process with a certificate that this authority has issued.</summary>
    public string[] Flags(string certificate) => ["--tls-certificate", certificate, "--tls-key", Key(certificate), "--tls-authority", Path];

    public static string Key(string certificate) => System.IO.Path.ChangeExtension(certificate, ".key");

    public void Dispose() => _certificate.Dispose();
}
