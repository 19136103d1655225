using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Afa.Tests.Silo;

/// <summary>A real Redis on a free port of loopback that keeps nothing.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private readonly int _port = ServerProcess.FreePort();
    private ServerProcess? _process;

    /// <summary>Why there is no server, for a test to skip with; null if there is one.</summary>
    public string? Missing { get; private set; }

    public string Address => $"127.0.0.1:{_port}";

    public async ValueTask InitializeAsync()
    {
        try
        {
            _process = new ServerProcess("redis-server", ["--port", $"{_port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        }
        catch (Win32Exception exception)
        {
            Missing = $"redis-server is not installed ({exception.Message}); './test' installs it where it can.";
            return;
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await IsListeningAsync(limit.Token))
        {
            Assert.False(_process.HasExited, _process.Output);
            await Task.Delay(20, limit.Token);
        }
    }

    public ValueTask DisposeAsync() => _process?.DisposeAsync() ?? ValueTask.CompletedTask;

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
}
