using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Afa.Grains;
using Afa.Silo;
using Xunit;

namespace Afa.Tests.Silo;

/// <summary>Real silo processes that want certificates, of each other and of clients.</summary>
public sealed class TlsClusterTests : IClassFixture<RedisServer>, IDisposable
{
    private readonly TestAuthority _authority = new("ours");
    private readonly TestAuthority _other = new("theirs");
    private readonly RedisServer _redis;
    private readonly string _silo;

    public TlsClusterTests(RedisServer redis)
    {
        _redis = redis;
        _silo = _authority.Issue("silo", TlsFiles.DefaultSiloName);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task Silos_WithMutualTls_LetInWhoComesFromTheirAuthorityOnly()
    {
        var (first, second) = await StartTwoAsync(TestRun.NewStore(), "doors");
        await using var one = first;
        await using var other = second;
        var client = _authority.Issue("client", dnsName: null, isForServers: false);
        var gateway = int.Parse(first.Gateway.Split(':')[1], CultureInfo.InvariantCulture);

        // At the gateway: whoever comes from the authority.
        Assert.True(await IsLetInAsync(gateway, client));
        Assert.False(await IsLetInAsync(gateway, certificate: null));
        Assert.False(await IsLetInAsync(gateway, _other.Issue("client", dnsName: null)));
        Assert.False(await IsLetInAsync(gateway, _authority.Issue("expired", dnsName: null, day: -200)));
        Assert.False(await IsPlainTcpLetInAsync(gateway));

        // Among silos: only who is one.
        Assert.True(await IsLetInAsync(first.SiloPort, _silo));
        Assert.False(await IsLetInAsync(first.SiloPort, client));
        Assert.False(await IsLetInAsync(first.SiloPort, _other.Issue("silo", TlsFiles.DefaultSiloName)));

        // A client that believes another authority, or looks for silos of another name, does not go on with a silo.
        Assert.False(await IsBelievedAsync(gateway, _other.Path, TlsFiles.DefaultSiloName, client));
        Assert.False(await IsBelievedAsync(gateway, _authority.Path, "another-silo", client));

        await using var connected = await ClusterClient.ConnectAsync(Address("doors", _authority, client));
        Assert.Empty(await connected.Control.ListTrainingsAsync());
        await LossTrial.WaitForTwoAsync(second);
    }

    [Fact]
    public async Task Run_OnSilosWithMutualTls_EndsWithTheSameWeights_WhileOtherClientsAreTurnedAway()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1", "A client tries for a while: ./test --long.");
        var store = TestRun.NewStore();
        var (first, second) = await StartTwoAsync(store, "run");
        await using var one = first;
        await using var other = second;
        await using var connected = await ClusterClient.ConnectAsync(Address("run", _authority, _authority.Issue("client", dnsName: null, isForServers: false)));
        await TestRun.StartAsync(connected.Control);

        var refusals = await Task.WhenAll(RefusedAsync(Address("run", null, null)), RefusedAsync(Address("run", _other, _other.Issue("client", null))));
        Assert.Contains("which would need --tls-certificate here too", refusals[0], StringComparison.Ordinal);
        Assert.Contains("with certificates of the same authority", refusals[1], StringComparison.Ordinal);

        await TestRun.WaitAsync(connected.Control, status => status.State == RunState.Completed);
        Assert.Equal(await TestRun.UndisturbedHashAsync(), TestRun.FinalHash(store));
    }

    private async Task<(SiloProcess First, SiloProcess Second)> StartTwoAsync(string store, string cluster)
    {
        Assert.SkipWhen(_redis.Missing is not null, _redis.Missing ?? "");
        string[] flags = ["--clustering", "redis", "--redis", _redis.Address, "--cluster-id", cluster, .. _authority.Flags(_silo)];
        var silos = await SiloProcess.StartManyAsync(2, store, null, flags);
        await LossTrial.WaitForTwoAsync(silos[0]);
        return (silos[0], silos[1]);
    }

    private ClusterAddress Address(string cluster, TestAuthority? authority, string? certificate) => ClusterAddress.Read(null, _redis.Address, cluster, null, _ => null, [])! with
    {
        Tls = authority is null ? null : new TlsFiles { Certificate = certificate!, Key = TestAuthority.Key(certificate!), Authority = authority.Path, IsSilo = false },
    };

    private static async Task<string> RefusedAsync(ClusterAddress address) =>
        (await Assert.ThrowsAsync<IOException>(async () =>
        {
            await using var client = await ClusterClient.ConnectAsync(address);
        })).Message;

    /// <summary>Whether the other side keeps talking to us. It closes the connection to whoever it does not know.</summary>
    private async Task<bool> IsLetInAsync(int port, string? certificate)
    {
        using var client = new TcpClient("127.0.0.1", port);
        await using var stream = new SslStream(client.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(Options(_authority.Path, TlsFiles.DefaultSiloName, certificate));
            return await IsOpenAsync(stream);
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            return false;
        }
    }

    private static async Task<bool> IsPlainTcpLetInAsync(int port)
    {
        using var client = new TcpClient("127.0.0.1", port);
        await client.GetStream().WriteAsync(new byte[64]);
        return await IsOpenAsync(client.GetStream());
    }

    /// <summary>Whether a client that believes this authority, and wants a silo of this name, shakes hands.</summary>
    private static async Task<bool> IsBelievedAsync(int port, string authority, string name, string certificate)
    {
        using var client = new TcpClient("127.0.0.1", port);
        await using var stream = new SslStream(client.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(Options(authority, name, certificate));
            return true;
        }
        catch (AuthenticationException)
        {
            return false;
        }
    }

    private static SslClientAuthenticationOptions Options(string authority, string name, string? certificate)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(authority);
        return new()
        {
            TargetHost = name,
            ApplicationProtocols = [new("Orleans1")],
            CertificateChainPolicy = policy,
            ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(certificate, TestAuthority.Key(certificate)), null, offline: true),
        };
    }

    /// <summary>Whether the other side neither closes nor breaks the connection within a moment; it may say something.</summary>
    private static async Task<bool> IsOpenAsync(Stream stream)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        var buffer = new byte[1024];
        try
        {
            while (await stream.ReadAsync(buffer, limit.Token) > 0)
            {
            }

            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
