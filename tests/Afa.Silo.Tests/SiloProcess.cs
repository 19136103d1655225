using Afa.Silo;

namespace Afa.Tests.Silo;

/// <summary>The real silo program on free ports of loopback.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private static readonly HttpClient s_http = new();
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(3);   // It joins only after a silo that has died was declared dead.

    private readonly int _httpPort;
    private readonly int _gatewayPort = ServerProcess.FreePort();

    private SiloProcess(string store, int httpPort, IReadOnlyDictionary<string, string>? environment, string[] clustering)
    {
        _httpPort = httpPort;
        Process = new ServerProcess(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "afa.dll"), "silo", "--store", store, "--devices", "cpu:2",
                "--silo-port", $"{SiloPort}", "--gateway-port", $"{_gatewayPort}", "--http-port", $"{_httpPort}", .. clustering,
            ],
            environment);
    }

    public ServerProcess Process { get; }

    /// <summary>Host and port of its HTTP side.</summary>
    public string HttpAddress => $"127.0.0.1:{_httpPort}";

    /// <summary>Of its page.</summary>
    public string Address => $"http://127.0.0.1:{_httpPort}/";

    /// <summary>For other silos.</summary>
    public int SiloPort { get; } = ServerProcess.FreePort();

    /// <summary>As the client's --cluster takes it.</summary>
    public string Gateway => $"127.0.0.1:{_gatewayPort}";

    /// <summary>Starts a silo and waits until it is ready.</summary>
    /// <param name="clustering">Options beside store, devices and ports.</param>
    public static Task<SiloProcess> StartAsync(string store, params string[] clustering) => StartAsync(store, environment: null, clustering);

    /// <summary>Starts a silo, as the other overloads do.</summary>
    /// <param name="environment">Variables beside those of this process, such as secrets.</param>
    public static Task<SiloProcess> StartAsync(string store, IReadOnlyDictionary<string, string>? environment, string[] clustering) =>
        StartAsync(store, ServerProcess.FreePort(), environment, clustering);

    /// <summary>Starts a silo, as the other overloads do, on a port of HTTP that clients know.</summary>
    /// <param name="environment">Variables beside those of this process, such as secrets.</param>
    public static async Task<SiloProcess> StartAsync(string store, int httpPort, IReadOnlyDictionary<string, string>? environment = null, params string[] clustering)
    {
        var silo = new SiloProcess(store, httpPort, environment, clustering);
        try
        {
            using var limit = new CancellationTokenSource(s_longest);
            while (await silo.GetAsync("healthz/ready") is not { StatusCode: System.Net.HttpStatusCode.OK })
            {
                Xunit.Assert.False(silo.Process.HasExited, silo.Process.Output);
                Xunit.Assert.False(limit.IsCancellationRequested, $"The silo did not become ready. {silo.Process.Output}");
                await Task.Delay(50, CancellationToken.None);
            }

            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts several silos at once, as the other overloads do one; if one of them does not come up, none is left.</summary>
    public static async Task<List<SiloProcess>> StartManyAsync(int count, string store, IReadOnlyDictionary<string, string>? environment, string[] clustering)
    {
        var starts = Enumerable.Range(0, count).Select(_ => StartAsync(store, environment, clustering)).ToList();
        try
        {
            return [.. await Task.WhenAll(starts)];
        }
        catch
        {
            await Task.WhenAll(starts.Where(start => start.IsCompletedSuccessfully).Select(start => start.Result.DisposeAsync().AsTask()));
            throw;
        }
    }

    /// <summary>Connects as a client.</summary>
    public Task<ClusterClient> ConnectAsync() => ClusterClient.ConnectAsync(ClusterAddress.Read(Gateway, null, null, null, _ => null, [])!);

    /// <summary>Asks over HTTP; null if nobody answers.</summary>
    public async Task<HttpResponseMessage?> GetAsync(string path)
    {
        try
        {
            return await s_http.GetAsync(new Uri($"http://{HttpAddress}/{path}"));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async Task<string> GetTextAsync(string path)
    {
        using var answer = await GetAsync(path);
        Xunit.Assert.True(answer?.IsSuccessStatusCode, $"/{path}: {answer?.StatusCode}. {Process.Output}");
        return await answer!.Content.ReadAsStringAsync();
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
