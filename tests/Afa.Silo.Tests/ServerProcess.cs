using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Afa.Tests.Silo;

/// <summary>A real process that the tests start and end, with what it wrote.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private const int Interrupt = 2;    // SIGINT
    private const int Terminate = 15;   // SIGTERM

    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(2);
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<int, byte> s_given = new();

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    /// <param name="environment">Variables beside those of this process.</param>
    public ServerProcess(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it wrote, on either stream.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public bool HasExited => _process.HasExited;

    /// <summary>A port of loopback that nobody listens on.</summary>
    public static int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            if (s_given.TryAdd(port, 0))   // The system may name one twice before its first use.
            {
                return port;
            }
        }
    }

    /// <summary>Waits for the process to end by itself.</summary>
    /// <param name="longest">How long to wait; null: two minutes.</param>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitAsync(TimeSpan? longest = null)
    {
        using var limit = new CancellationTokenSource(longest ?? s_longest);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    /// <summary>Asks the process to end, as Kubernetes does.</summary>
    public Task<int> TerminateAsync() => SignalAsync(Terminate);

    /// <summary>Asks the process to end, as a terminal's Ctrl-C does.</summary>
    public Task<int> InterruptAsync() => SignalAsync(Interrupt);

    /// <summary>Ends the process without a warning.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await WaitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();   // No effect if it has ended.
        await WaitAsync();
        _process.Dispose();
    }

    private Task<int> SignalAsync(int signal)
    {
        Xunit.Assert.Equal(0, Signal(_process.Id, signal));
        return WaitAsync();
    }

    private void Note(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int processId, int signal);
}
