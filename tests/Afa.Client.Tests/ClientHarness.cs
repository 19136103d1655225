using System.Text.Json;
using Afa.Client.Control;

namespace Afa.Client.Tests;

/// <summary>Runs the real command tree against a cluster in memory and an empty store, and captures what it writes.</summary>
internal sealed class ClientHarness : IDisposable
{
    private readonly CancellationTokenSource _interrupt = new();

    public FakeControl Cluster { get; } = new();

    public ImmediateTime Clock { get; } = new();

    public string Folder { get; } = Directory.CreateTempSubdirectory("afa-client-").FullName;

    public string Store => Path.Combine(Folder, "store");

    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>Thrown instead of opening a session.</summary>
    public Exception? ConnectError { get; set; }

    public int Connections { get; private set; }

    /// <summary>What the last session was opened for.</summary>
    public SessionRequest? Request { get; private set; }

    public string Output { get; private set; } = "";

    public string Error { get; private set; } = "";

    public JsonElement Document => JsonDocument.Parse(Output).RootElement;

    public void Interrupt() => _interrupt.Cancel();

    /// <summary>Runs a command line and returns the exit code.</summary>
    public async Task<int> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Environment.TryAdd(ClientContext.StoreVariable, Store);
        var context = new ClientContext
        {
            Output = output,
            Error = error,
            Connect = Connect,
            Interrupt = _interrupt.Token,
            Terminal = _ => null,
            Environment = Environment.GetValueOrDefault,
            Clock = Clock,
        };
        var code = await AfaCommandLine.RunAsync(arguments, context);
        Output = output.ToString();
        Error = error.ToString();
        return code;
    }

    /// <summary>Creates the store's folder, for commands that need one.</summary>
    public ClientHarness WithStore()
    {
        Directory.CreateDirectory(Store);
        return this;
    }

    public string WriteFile(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private Task<IControlSession> Connect(SessionRequest request, CancellationToken cancellationToken)
    {
        Connections++;
        Request = request;
        Cluster.Store = request.Store;
        return ConnectError is null ? Task.FromResult<IControlSession>(Cluster) : Task.FromException<IControlSession>(ConnectError);
    }
}
