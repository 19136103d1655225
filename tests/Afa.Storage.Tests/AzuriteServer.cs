using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Azure.Storage.Blobs;

namespace Afa.Tests.Storage;

/// <summary>Azurite, the blob service on this machine: a real process on a free port of loopback, with its data in a temporary folder and a random key.</summary>
public sealed partial class AzuriteServer : Xunit.IAsyncLifetime
{
    private const string Account = "afatest";
    private const int Terminate = 15;   // SIGTERM

    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(60);

    // 'artifacts/bin/PROJECT/release' is where the tests run from; './test' installs Azurite beside 'bin'.
    private static readonly string _program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../azurite/node_modules/azurite/dist/src/blob/main.js"));

    private readonly string _folder = Directory.CreateTempSubdirectory("afa-azurite-").FullName;
    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
    private readonly int _port = FreePort();
    private Process? _process;

    /// <summary>Why there is no server, for a test to skip with; null if there is one.</summary>
    public string? Missing { get; private set; }

    /// <summary>Address of the account.</summary>
    public string Address => $"http://127.0.0.1:{_port}/{Account}";

    public string ConnectionString => WithKey(_key);

    /// <summary>A connection string of the account with another key.</summary>
    public string WithKey(string key) => $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key};BlobEndpoint={Address};";

    /// <summary>A container that nobody else uses; it does not exist yet.</summary>
    public BlobContainerClient NewContainer(BlobClientOptions options) => new(ConnectionString, $"test-{Guid.NewGuid():N}", options);

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(_program))
        {
            Missing = $"Azurite is not installed ({_program}); './test' installs it where npm is.";
            return;
        }

        try
        {
            await StartAsync();
        }
        catch (Win32Exception error)
        {
            Missing = $"Azurite needs node: {error.Message}";
        }
    }

    /// <summary>Starts the server, on the port and with the data that it had before.</summary>
    public async Task StartAsync()
    {
        var start = new ProcessStartInfo(
            "node",
            [_program, "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--blobHost", "127.0.0.1", "--blobPort", $"{_port}", "--location", _folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["AZURITE_ACCOUNTS"] = $"{Account}:{_key}";
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(_longestWait);
        while (!await IsListeningAsync(limit.Token))
        {
            Xunit.Assert.False(_process.HasExited, "Azurite ended before it listened.");
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>Ends the server in good order, so that it keeps its data.</summary>
    public async Task StopAsync()
    {
        if (_process is null)
        {
            return;
        }

        using var limit = new CancellationTokenSource(_longestWait);
        try
        {
            Xunit.Assert.Equal(0, Kill(_process.Id, Terminate));
            await _process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            _process.Kill();   // No effect if it has ended.
            _process.Dispose();
            _process = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> IsListeningAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
