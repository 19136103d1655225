using Afa.Silo;
using Xunit;

namespace Afa.Tests.Silo;

public sealed class SiloFlagsTests : IDisposable
{
    private readonly Dictionary<string, string> _environment = [];
    private readonly StringWriter _error = new();

    public void Dispose() => _error.Dispose();

    [Theory]
    [InlineData("--devices must be cpu:N", "--devices", "gpu")]
    [InlineData("--clustering must be localhost, redis or postgres, not 'zookeeper'.", "--clustering", "zookeeper")]
    [InlineData("--clustering must be localhost, redis or postgres, not '1'.", "--clustering", "1")]
    [InlineData("--silo-port must be a port from 1 to 65535, not '0'.", "--silo-port", "0")]
    [InlineData("--http-port must be a port from 1 to 65535, not '65536'.", "--http-port", "65536")]
    [InlineData("must differ, not 11111, 11111 and 8080.", "--gateway-port", "11111")]
    [InlineData("--listen must be an IP address, such as 127.0.0.1, not 'everywhere'.", "--listen", "everywhere")]
    [InlineData("--clustering localhost is for one silo on loopback", "--listen", "0.0.0.0", "--advertise", "10.0.0.1")]
    [InlineData("name that by --advertise", "--clustering", "redis", "--redis", "localhost:6379", "--listen", "0.0.0.0")]
    [InlineData("--clustering redis needs the address of the Redis", "--clustering", "redis")]
    [InlineData("--clustering postgres needs the address of the PostgreSQL", "--clustering", "postgres")]
    [InlineData("--postgres must be HOST:PORT/DATABASE", "--clustering", "postgres", "--postgres", "localhost:65536")]
    [InlineData("--tls-certificate and --tls-authority go together", "--tls-certificate", "silo.pem")]
    [InlineData("--tls-name is of no use without TLS", "--tls-name", "blue")]
    [InlineData("--redis is of no use with --clustering localhost: give --clustering redis too", "--redis", "localhost:6379")]
    [InlineData("--redis is of no use with --clustering postgres", "--clustering", "postgres", "--postgres", "localhost", "--redis", "localhost:6379")]
    [InlineData("--postgres is of no use with --clustering redis", "--clustering", "redis", "--redis", "localhost:6379", "--postgres", "localhost")]
    [InlineData("--drain-seconds must be from 1 to 3600 seconds, not '-1'.", "--drain-seconds", "-1")]
    [InlineData("--store: The store's address must end with", "--store", "https://a.blob.core.windows.net/c?sig=x")]
    [InlineData("--cluster-id and --service-id must not be empty.", "--cluster-id", " ")]
    [InlineData("--unknown", "--unknown", "1")]
    public async Task Run_WrongOptions_AreRefusedBeforeAnythingStarts(string message, params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(arguments));
        Assert.Contains(message, _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SeveralWrongOptions_AreAllNamedAtOnce()
    {
        _environment["AFA_HTTP_PORT"] = "x";
        Assert.Equal(2, await RunAsync("--devices", "cpu:0", "--silo-port", "y", "--clustering", "redis"));
        var error = _error.ToString();
        Assert.StartsWith("error: 4 problems:", error, StringComparison.Ordinal);
        Assert.Contains("AFA_HTTP_PORT must be a port", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_PasswordOnTheCommandLine_IsRefusedAndNotRepeated()
    {
        Assert.Equal(2, await RunAsync("--clustering", "redis", "--redis", "localhost:6379,password=s3cret"));
        Assert.Contains(RedisAddress.ConnectionStringVariable, _error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://afa:s3cret@localhost/afa")]
    [InlineData("localhost:5432/afa;Password=s3cret")]
    public async Task Run_PostgresPasswordOnTheCommandLine_IsRefusedAndNotRepeated(string address)
    {
        Assert.Equal(2, await RunAsync("--clustering", "postgres", "--postgres", address));
        Assert.Contains(PostgresAddress.ConnectionStringVariable, _error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WrongPostgresConnectionString_IsNotRepeated()
    {
        _environment[PostgresAddress.ConnectionStringVariable] = "Host=localhost;Passwort=s3cret";
        Assert.Equal(2, await RunAsync("--clustering", "postgres"));
        Assert.Contains("is no connection string of Npgsql", _error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_GpusWithTheBuildForTheCpu_SaysHowToBuildAndTouchesNothing()
    {
        _environment["AFA_DEVICES"] = "cuda:1";   // Good options, which another machine may serve.
        var store = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

        Assert.Equal(1, await RunAsync("--store", store));

        Assert.StartsWith("error: --devices cuda:1 needs a program that was built for GPUs", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("AFA_TORCH_DEVICE=cuda", _error.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(store));
    }

    [Fact]
    public async Task Run_RedisThatIsNotThere_SaysSo()
    {
        var port = ServerProcess.FreePort();
        Assert.Equal(1, await RunAsync("--clustering", "redis", "--redis", $"127.0.0.1:{port}", "--store", TestRun.NewStore(), "--http-port", $"{ServerProcess.FreePort()}"));
        Assert.Contains($"127.0.0.1:{port}", _error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MountedFile_GivesTheConnectionString()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "redis.example:6380,password=s3cret,ssl=true\n");
        _environment[RedisAddress.ConnectionStringFileVariable] = file;
        var problems = new List<string>();

        var redis = RedisAddress.Read(null, _environment.GetValueOrDefault, problems)!;

        Assert.Empty(problems);
        Assert.Equal(("s3cret", true, "redis.example"), (redis.Password, redis.Ssl, ((System.Net.DnsEndPoint)redis.EndPoints[0]).Host));
    }

    [Theory]
    [InlineData("db:5433/blue", null, "db:5433/blue")]
    [InlineData("db", null, "db:5432/afa")]
    [InlineData("[::1]:5433", null, "::1:5433/afa")]
    [InlineData(null, "Host=db;Port=5434;Database=green;Password=s3cret", "db:5434/green")]
    [InlineData("other", "Host=db;Port=5434;Database=green;Password=s3cret", "other:5432/green")]
    [InlineData("other/red", "Username=me;Password=s3cret", "other:5432/red")]
    public void Read_PostgresAddressAndConnectionString_GoTogether(string? address, string? connection, string expected)
    {
        if (connection is not null)
        {
            _environment[PostgresAddress.ConnectionStringVariable] = connection;
        }

        var problems = new List<string>();
        var postgres = PostgresAddress.Read(address, _environment.GetValueOrDefault, problems)!;

        Assert.Empty(problems);
        Assert.Equal(expected, postgres.ToString());
        Assert.Equal(connection is not null, postgres.ConnectionString.Contains("Password=s3cret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_NamesEveryOption()
    {
        using var output = new StringWriter();
        Assert.Equal(0, await SiloProgram.RunAsync(["--help"], output, _error, _environment.GetValueOrDefault));
        Assert.All(new SiloFlags().All, option => Assert.Contains(option.Name, output.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Read_VariablesOfAnotherClustering_AreLeftAlone()
    {
        _environment[RedisAddress.AddressVariable] = "localhost:6379";
        _environment[PostgresAddress.AddressVariable] = "localhost";
        _environment["AFA_TLS_NAME"] = "blue";
        var problems = new List<string>();
        var command = new System.CommandLine.RootCommand();
        var flags = new SiloFlags();
        foreach (var option in flags.All)
        {
            command.Options.Add(option);
        }

        Assert.Equal(Clustering.Localhost, flags.Read(command.Parse([]), _environment.GetValueOrDefault, problems).Clustering);
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("both set", "x", "y")]
    [InlineData("is empty", null, " \n")]
    public void Read_SecretThatIsUnclear_IsRefusedWithoutIt(string message, string? value, string content)
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, content);
        _environment["AFA_SECRET_FILE"] = file;
        if (value is not null)
        {
            _environment["AFA_SECRET"] = value;
        }

        var problems = new List<string>();
        Assert.Null(SecretSetting.Read("AFA_SECRET", "AFA_SECRET_FILE", _environment.GetValueOrDefault, problems));
        Assert.Contains(message, Assert.Single(problems), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(params string[] arguments) => SiloProgram.RunAsync(arguments, TextWriter.Null, _error, _environment.GetValueOrDefault);
}
