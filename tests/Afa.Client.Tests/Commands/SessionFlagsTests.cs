using Afa.Grains;
using Xunit;

namespace Afa.Client.Tests.Commands;

/// <summary>Where a command works: a store of its own or a running cluster.</summary>
public sealed class SessionFlagsTests : IDisposable
{
    private readonly ClientHarness _client = new();

    public SessionFlagsTests() => _client.Cluster.Runs.Add(FakeControl.Run("mine", RunState.Paused, 3));

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("runs")]
    [InlineData("runs", "show", "mine")]
    [InlineData("checkpoints", "list")]
    public async Task Cluster_NeedsNoStoreHere(params string[] command)
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync([.. command, "--cluster", "silo.example:30001", "--cluster-id", "blue"]));

        var cluster = _client.Request!.Cluster!;
        Assert.Equal(("silo.example", 30001, "blue", "afa"), (cluster.Gateway!.Host, cluster.Gateway.Port, cluster.ClusterId, cluster.ServiceId));
        Assert.False(Directory.Exists(_client.Store));
    }

    [Fact]
    public async Task Redis_PasswordFromTheEnvironment_IsUsedAndNotNamed()
    {
        _client.Environment["AFA_REDIS_CONNECTION_STRING"] = "redis.example:6380,password=s3cret,ssl=true";
        Assert.Equal(ExitCode.Success, await _client.RunAsync("runs", "--redis", "other.example:6381"));

        var redis = _client.Request!.Cluster!.Redis!;
        Assert.Equal(("s3cret", true, "other.example", 6381), (redis.Password, redis.Ssl, ((System.Net.DnsEndPoint)redis.EndPoints.Single()).Host, ((System.Net.DnsEndPoint)redis.EndPoints.Single()).Port));
        Assert.DoesNotContain("s3cret", _client.Request.Cluster.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Postgres_PasswordFromTheEnvironment_IsUsedAndNotNamed()
    {
        _client.Environment["AFA_POSTGRES_CONNECTION_STRING"] = "Host=db.example;Username=me;Password=s3cret";
        Assert.Equal(ExitCode.Success, await _client.RunAsync("runs", "--postgres", "other.example:5433/blue"));

        var cluster = _client.Request!.Cluster!;
        Assert.Equal("other.example:5433/blue", cluster.Postgres!.ToString());
        Assert.Contains("Password=s3cret", cluster.Postgres.ConnectionString, StringComparison.Ordinal);
        Assert.Equal("postgres other.example:5433/blue", cluster.ToString());
    }

    [Fact]
    public async Task Cluster_HowToGoOn_NamesTheCluster()
    {
        Assert.Equal(ExitCode.Failure, await _client.RunAsync("watch", "mine", "--cluster", "localhost:30000"));
        Assert.Contains("afa train --resume mine --cluster localhost:30000", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_KeyFromTheEnvironment_IsUsedAndNotNamed()
    {
        _client.Environment["AFA_API_KEY"] = "s3cret";
        Assert.Equal(ExitCode.Failure, await _client.RunAsync("watch", "mine", "--server", "https://silo.example/afa/"));

        Assert.Equal(("https://silo.example/afa/", "s3cret"), (_client.Request!.Server!.Url.ToString(), _client.Request.Server.Key));
        Assert.False(Directory.Exists(_client.Store));
        Assert.Contains("afa train --resume mine --server https://silo.example/afa", _client.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", _client.Request.ToString() + _client.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--server must be http://HOST:PORT or https://HOST:PORT, where the port is a silo's --http-port, not 'localhost:8080'.", "--server", "localhost:8080")]
    [InlineData("--server must be http://HOST:PORT", "--server", "ftp://localhost")]
    [InlineData("never on a command line", "--server", "http://me:key@localhost:8080")]
    [InlineData("--server and --cluster are ways to a cluster; give one.", "--server", "http://localhost:8080", "--cluster", "localhost:30000")]
    [InlineData("--server and --redis are ways to a cluster; give one.", "--server", "http://localhost:8080", "--redis", "localhost:6379")]
    [InlineData("--store cannot be given with --cluster, --redis, --postgres or --server", "--server", "http://localhost:8080", "--store", "here")]
    [InlineData("There is no use for --cluster-id without", "--server", "http://localhost:8080", "--cluster-id", "blue")]
    [InlineData("--cluster must be HOST:PORT", "--cluster", "localhost")]
    [InlineData("--cluster must be HOST:PORT", "--cluster", "localhost:0")]
    [InlineData("give one", "--cluster", "localhost:30000", "--redis", "localhost:6379")]
    [InlineData("--store, --devices, --metrics-port cannot be given with --cluster", "--cluster", "localhost:30000", "--store", "here", "--devices", "cpu:1", "--metrics-port", "9000")]
    [InlineData("There is no use for --cluster-id without --cluster, --redis or --postgres.", "--cluster-id", "blue")]
    [InlineData("There is no use for --tls-key without --cluster, --redis or --postgres.", "--tls-key", "key.pem")]
    [InlineData("--tls-certificate and --tls-authority go together", "--cluster", "localhost:30000", "--tls-key", "key.pem")]
    [InlineData("give one", "--postgres", "localhost:5432/afa", "--redis", "localhost:6379")]
    [InlineData("never on a command line", "--redis", "localhost:6379,password=x")]
    [InlineData("never on a command line", "--postgres", "postgres://afa:x@localhost/afa")]
    [InlineData("--metrics-port must be a port from 1 to 65535, not '0'.", "--metrics-port", "0")]
    public async Task Options_ThatDoNotGoTogether_AreRefused(string message, params string[] options)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync(["train", .. options]));
        Assert.Contains(message, _client.Error, StringComparison.Ordinal);
        Assert.Equal(0, _client.Connections);
    }

    [Fact]
    public async Task MetricsPort_IsThatOfTheSiloThatIsStarted()
    {
        await _client.RunAsync("train", "--resume", "mine", "--store", _client.Folder, "--metrics-port", "9464");
        Assert.Equal(9464, _client.Request!.MetricsPort);
    }
}
