using System.Security.Cryptography;
using Afa.Silo;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Afa.Tests.Silo;

public sealed class TlsFilesTests : IDisposable
{
    private readonly Dictionary<string, string> _environment = [];
    private readonly TestAuthority _authority = new("ours");

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Silo_ExpiredCertificate_IsRefusedAtItsStart() =>
        Assert.Contains("expired.pem is valid from ", await RefusedAsync(_authority.Flags(_authority.Issue("expired", TlsFiles.DefaultSiloName, day: -200))), StringComparison.Ordinal);

    [Fact]
    public async Task Silo_CertificateOfTomorrow_IsRefusedAtItsStart() =>
        Assert.Contains("issue a new one", await RefusedAsync(_authority.Flags(_authority.Issue("early", TlsFiles.DefaultSiloName, day: 200))), StringComparison.Ordinal);

    [Fact]
    public async Task Silo_CertificateOfAnotherAuthority_IsRefusedAtItsStart()
    {
        using var other = new TestAuthority("theirs");
        var certificate = other.Issue("silo", TlsFiles.DefaultSiloName);
        Assert.Contains(
            "(issued by CN=theirs) does not come from an authority in",
            await RefusedAsync("--tls-certificate", certificate, "--tls-key", TestAuthority.Key(certificate), "--tls-authority", _authority.Path),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_CertificateOfAClient_IsRefusedAtItsStart()
    {
        Assert.Contains("has not 'afa-silo' among its DNS names", await RefusedAsync(_authority.Flags(_authority.Issue("client", "client.example"))), StringComparison.Ordinal);
        Assert.Contains("has not 'blue' among its DNS names", await RefusedAsync([.. _authority.Flags(_authority.Issue("silo", "afa-silo")), "--tls-name", "blue"]), StringComparison.Ordinal);
        Assert.Contains("not issued for server and client authentication", await RefusedAsync(_authority.Flags(_authority.Issue("half", "afa-silo", isForServers: false))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_WithoutTheKey_SaysHowToNameIt()
    {
        var certificate = _authority.Issue("silo", TlsFiles.DefaultSiloName);
        Assert.Contains("--tls-key", await RefusedAsync("--tls-certificate", certificate, "--tls-authority", _authority.Path), StringComparison.Ordinal);
        Assert.Contains("none.key", await RefusedAsync("--tls-certificate", certificate, "--tls-key", certificate + "none.key", "--tls-authority", _authority.Path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_WrongPasswordOfPkcs12_IsNotRepeated()
    {
        var pfx = Path.ChangeExtension(_authority.Issue("silo", TlsFiles.DefaultSiloName), ".pfx");
        _environment[TlsFlags.PasswordVariable] = "wr0ng";
        var error = await RefusedAsync("--tls-certificate", pfx, "--tls-authority", _authority.Path);
        Assert.Contains("AFA_TLS_PASSWORD must hold the right password", error, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_Pkcs12OrAnEncryptedKeyOrOneFile_GivesTheCertificateWithItsKey()
    {
        var certificate = _authority.Issue("silo", TlsFiles.DefaultSiloName);
        var key = File.ReadAllText(TestAuthority.Key(certificate));
        var single = certificate + ".single.pem";
        File.WriteAllText(single, $"{File.ReadAllText(certificate)}\n{key}");
        var encrypted = certificate + ".encrypted.key";
        using (var algorithm = ECDsa.Create())
        {
            algorithm.ImportFromPem(key);
            File.WriteAllText(encrypted, algorithm.ExportEncryptedPkcs8PrivateKeyPem(TestAuthority.PfxPassword, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        }

        Assert.All(
            [Files(Path.ChangeExtension(certificate, ".pfx"), null, TestAuthority.PfxPassword), Files(certificate, encrypted, TestAuthority.PfxPassword), Files(single, null, null)],
            files => Assert.True(files.Load().Own.HasPrivateKey));
    }

    [Fact]
    public void Identity_AfterTheFilesWereReplaced_IsTheNewOne_AndTheOldOneWhileTheyAreWrong()
    {
        var certificate = _authority.Issue("silo", TlsFiles.DefaultSiloName);
        var time = new ManualTime();
        var connections = new TlsConnections(Files(certificate, TestAuthority.Key(certificate), null), time);
        var first = connections.Identity(NullLogger.Instance).Own.Thumbprint;
        var key = File.ReadAllText(TestAuthority.Key(certificate));

        _authority.Issue("silo", TlsFiles.DefaultSiloName);
        var renewed = File.ReadAllText(TestAuthority.Key(certificate));
        File.WriteAllText(TestAuthority.Key(certificate), key);   // The old key to the new certificate.
        time.Seconds = 11;
        Assert.Equal(first, connections.Identity(NullLogger.Instance).Own.Thumbprint);

        File.WriteAllText(TestAuthority.Key(certificate), renewed);
        time.Seconds = 20;
        Assert.Equal(first, connections.Identity(NullLogger.Instance).Own.Thumbprint);
        time.Seconds = 22;
        Assert.NotEqual(first, connections.Identity(NullLogger.Instance).Own.Thumbprint);
    }

    private TlsFiles Files(string certificate, string? key, string? password) => new() { Certificate = certificate, Key = key, Authority = _authority.Path, Password = password, IsSilo = true };

    private async Task<string> RefusedAsync(params string[] arguments)
    {
        using var error = new StringWriter();
        Assert.Equal(2, await SiloProgram.RunAsync(arguments, TextWriter.Null, error, _environment.GetValueOrDefault));
        Assert.StartsWith("error: TLS: ", error.ToString(), StringComparison.Ordinal);
        return error.ToString();
    }

    private sealed class ManualTime : TimeProvider
    {
        public int Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
