using Afa.Silo;

namespace Afa.Tests.Silo;

/// <summary>The real silo program on free ports of loopback.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private static readonly HttpClient s_http = new();
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(1);

    private readonly int _httpPort = ServerProcess.FreePort();
    private readonly int _gatewayPort = ServerProcess.FreePort();

    private readonly string[] _arguments;

    private SiloProcess(string store, string[] options)
    {
        _arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "afa.dll"), "silo", "--store", store, "--devices", "cpu:2",
            "--silo-port", $"{ServerProcess.FreePort()}", "--gateway-port", $"{_gatewayPort}", "--http-port", $"{_httpPort}", .. options,
        ];
        Process = new ServerProcess("dotnet", _arguments);
    }

    public ServerProcess Process { get; private set; }

    /// <summary>Of its page.</summary>
    public string Address => $"http://127.0.0.1:{_httpPort}/";

    /// <summary>As the client's --cluster takes it.</summary>
    public string Gateway => $"127.0.0.1:{_gatewayPort}";

    /// <summary>Starts a silo and waits until it is ready.</summary>
    /// <param name="options">Those beside store, devices and ports.</param>
    public static async Task<SiloProcess> StartAsync(string store, params string[] options)
    {
        var silo = new SiloProcess(store, options);
        await silo.WaitUntilReadyAsync();
        return silo;
    }

    /// <summary>Starts a silo that has ended again, on the same ports, and waits until it is ready.</summary>
    public async Task RestartAsync()
    {
        await Process.DisposeAsync();
        Process = new ServerProcess("dotnet", _arguments);
        await WaitUntilReadyAsync();
    }

    /// <summary>Connects as a client.</summary>
    public Task<ClusterClient> ConnectAsync() => ClusterClient.ConnectAsync(ClusterAddress.Read(Gateway, null, null, null, _ => null, [])!);

    /// <summary>Asks over HTTP; null if nobody answers.</summary>
    public async Task<HttpResponseMessage?> GetAsync(string path)
    {
        try
        {
            return await s_http.GetAsync(new Uri($"http://127.0.0.1:{_httpPort}/{path}"));
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

    private async Task WaitUntilReadyAsync()
    {
        using var limit = new CancellationTokenSource(s_longest);
        while (await GetAsync("healthz/ready") is not { StatusCode: System.Net.HttpStatusCode.OK })
        {
            Xunit.Assert.False(Process.HasExited, Process.Output);
            Xunit.Assert.False(limit.IsCancellationRequested, $"The silo did not become ready. {Process.Output}");
            await Task.Delay(50, CancellationToken.None);
        }
    }
}
