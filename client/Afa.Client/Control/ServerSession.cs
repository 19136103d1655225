using System.Net.Http.Headers;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>A running cluster, by the HTTP API of one of its silos. It goes on when this process ends.</summary>
internal sealed class ServerSession : IControlSession
{
    private readonly HttpClient _http;

    private ServerSession(ServerAddress server)
    {
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,   // The key is for this server.
            ConnectTimeout = TimeSpan.FromSeconds(5),
            UseProxy = !server.Url.IsLoopback,
        };
        _http = new HttpClient(new PatientHandler(sockets, TimeProvider.System))
        {
            BaseAddress = new Uri($"{server.Url.ToString().TrimEnd('/')}/"),
            Timeout = Timeout.InfiniteTimeSpan,   // The handler has its own.
            DefaultRequestHeaders = { Authorization = server.Key is null ? null : new AuthenticationHeaderValue("Bearer", server.Key) },
        };
        (Control, Store) = (new HttpControl(_http), server.Name);
    }

    public IAfaControl Control { get; }

    public string Store { get; }

    /// <summary>Finds out now whether a silo answers and takes the key.</summary>
    /// <exception cref="IOException">None answers, or what answers is no silo.</exception>
    /// <exception cref="UnauthorizedAccessException">The key is missing or wrong.</exception>
    public static async Task<IControlSession> ConnectAsync(ServerAddress server, CancellationToken cancellationToken)
    {
        var session = new ServerSession(server);
        try
        {
            await session.Control.ListSilosAsync(cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>What data the silos have is theirs to say: a run that lacks its own fails with what is missing.</summary>
    public void RequireData(TrainingOptions options, int? images)
    {
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return default;
    }
}
