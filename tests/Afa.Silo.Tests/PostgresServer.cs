using System.ComponentModel;
using Npgsql;
using Xunit;

namespace Afa.Tests.Silo;

/// <summary>A real PostgreSQL on a free port of loopback, in a folder that goes with it. As root, it runs under another user, since it refuses to be root's.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    public const string Password = "s3cret";

    private const string Owner = "owner";
    private const string Nobody = "65534";

    private readonly int _port = ServerProcess.FreePort();
    private readonly string _folder = Directory.CreateTempSubdirectory("afa-postgres-").FullName;
    private ServerProcess? _process;

    /// <summary>Why there is no server, for a test to skip with; null if there is one.</summary>
    public string? Missing { get; private set; }

    public string Address => $"127.0.0.1:{_port}";

    /// <summary>A connection string without pooling.</summary>
    public string ConnectionString(string database, string user = Owner, string password = Password) =>
        $"Host=127.0.0.1;Port={_port};Database={database};Username={user};Password={password};Pooling=false";

    public async ValueTask InitializeAsync()
    {
        try
        {
            var data = Path.Combine(_folder, "data");
            var password = Path.Combine(_folder, "password");
            await File.WriteAllTextAsync(password, Password);
            if (Environment.IsPrivilegedProcess)
            {
                await RunAsync("chown", ["-R", $"{Nobody}:{Nobody}", _folder]);
            }

            var (initdb, initdbArguments) = AsUser("initdb", "-D", data, "-U", Owner, "--pwfile", password, "--auth=scram-sha-256", "--no-locale", "--encoding=UTF8", "--no-sync");
            await RunAsync(initdb, initdbArguments);
            var (postgres, arguments) = AsUser("postgres", "-D", data, "-p", $"{_port}", "-k", _folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off");
            _process = new ServerProcess(postgres, arguments);
        }
        catch (Win32Exception exception)
        {
            Missing = $"PostgreSQL is not installed ({exception.Message}); './test' installs it where it can.";
            return;
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!await IsAnsweringAsync(limit.Token))
        {
            Assert.False(_process.HasExited, _process.Output);
            await Task.Delay(50, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.InterruptAsync();   // At once, but in order: a kill would leave shared memory.
            await _process.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Creates a database in which only its owner may create tables.</summary>
    public async Task CreateDatabaseAsync(string name)
    {
        await ExecuteAsync("postgres", $"CREATE DATABASE {name}");
        await ExecuteAsync(name, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    }

    public async Task<object?> ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private async Task<bool> IsAnsweringAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
            await connection.OpenAsync(cancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static async Task RunAsync(string program, IReadOnlyList<string> arguments)
    {
        await using var process = new ServerProcess(program, arguments);
        Assert.True(await process.WaitAsync() == 0, process.Output);
    }

    private static (string Program, IReadOnlyList<string> Arguments) AsUser(string name, params string[] arguments) => Environment.IsPrivilegedProcess
        ? ("setpriv", [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", Find(name), .. arguments])
        : (Find(name), arguments);

    /// <summary>On the PATH, or where Debian keeps the programs of each version.</summary>
    private static string Find(string name)
    {
        const string debian = "/usr/lib/postgresql";
        IEnumerable<string> versions = Directory.Exists(debian) ? Directory.GetDirectories(debian).OrderDescending(StringComparer.Ordinal) : [];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(versions.Select(version => Path.Combine(version, "bin")));
        var found = folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        return found ?? throw new Win32Exception($"There is no program {name}.");
    }
}
