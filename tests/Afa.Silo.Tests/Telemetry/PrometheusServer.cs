using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Afa.Tests.Silo.Telemetry;

/// <summary>A real Prometheus on a free port of loopback that scrapes a silo, as k8s/monitoring/prometheus.yml and alerts.yaml tell it to, but more often.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private static readonly HttpClient s_http = new();
    private static readonly TimeSpan s_longestStart = TimeSpan.FromMinutes(1);

    // 'artifacts/bin/PROJECT/release' is where the tests run from; './test' unpacks Prometheus beside 'bin'.
    private static readonly string s_unpacked = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../prometheus/usr/bin"));

    private readonly int _port = ServerProcess.FreePort();
    private readonly ServerProcess _process;
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;

    private PrometheusServer(string program, string configuration, string data)
    {
        _process = new ServerProcess(program,
            ["--config.file", configuration, "--storage.tsdb.path", data, "--web.listen-address", $"127.0.0.1:{_port}", "--log.level", "warn"]);
    }

    /// <summary>Skips the test that calls it where Prometheus and its promtool are not installed.</summary>
    public static void Require() => Assert.SkipWhen(
        Find("prometheus") is null || Find("promtool") is null, $"Prometheus is neither on the PATH nor in {s_unpacked}; './test' puts it there where it can.");

    /// <summary>Runs promtool to its end.</summary>
    /// <returns>Its exit code and what it wrote.</returns>
    public static async Task<(int Code, string Output)> CheckAsync(params string[] arguments)
    {
        await using var process = new ServerProcess(Find("promtool")!, arguments);
        return (await process.WaitAsync(), process.Output);
    }

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <param name="target">Host and port of what is scraped.</param>
    public static async Task<PrometheusServer> StartAsync(string target)
    {
        var folder = Directory.CreateTempSubdirectory("afa-prometheus-").FullName;
        var configuration = await File.ReadAllTextAsync(Path.Combine(MonitoringFiles.Folder, "prometheus.yml"));
        Assert.Contains("localhost:8080", configuration, StringComparison.Ordinal);
        var path = Path.Combine(folder, "prometheus.yml");
        await File.WriteAllTextAsync(path, configuration
            .Replace("localhost:8080", target, StringComparison.Ordinal)
            .Replace("alerts.yaml", MonitoringFiles.Alerts, StringComparison.Ordinal)
            .Replace("15s", "250ms", StringComparison.Ordinal));
        var server = new PrometheusServer(Find("prometheus")!, path, Path.Combine(folder, "data"));
        using var limit = new CancellationTokenSource(s_longestStart);
        while (!await server.IsReadyAsync())
        {
            Assert.False(server._process.HasExited || limit.IsCancellationRequested, server._process.Output);
            await Task.Delay(50, CancellationToken.None);
        }

        return server;
    }

    /// <summary>Runs a query over the time since the server started, as a panel does.</summary>
    /// <returns>The labels of each series that has at least one finite value.</returns>
    public async Task<IReadOnlyList<IReadOnlyDictionary<string, string>>> SeriesAsync(string query)
    {
        static string Seconds(DateTimeOffset time) => (time.ToUnixTimeMilliseconds() / 1000.0).ToString(CultureInfo.InvariantCulture);
        var now = DateTimeOffset.UtcNow;
        var step = Math.Max(0.25, (now - _started).TotalSeconds / 1000);   // Prometheus refuses more than 11,000 points.
        var data = await GetAsync(string.Create(CultureInfo.InvariantCulture, $"query_range?query={Uri.EscapeDataString(query)}&start={Seconds(_started)}&end={Seconds(now)}&step={step:F3}"));
        return [.. data.GetProperty("result").EnumerateArray()
            .Where(series => series.GetProperty("values").EnumerateArray().Any(point => point[1].GetString() is not ("NaN" or "+Inf" or "-Inf")))
            .Select(series => series.GetProperty("metric").Deserialize<Dictionary<string, string>>()!)];
    }

    /// <summary>State and last error of each alert rule.</summary>
    public async Task<IReadOnlyDictionary<string, string>> RuleStatesAsync() => (await GetAsync("rules")).GetProperty("groups").EnumerateArray()
        .SelectMany(group => group.GetProperty("rules").EnumerateArray())
        .ToDictionary(
            rule => rule.GetProperty("name").GetString()!,
            rule => $"{rule.GetProperty("health").GetString()} {(rule.TryGetProperty("lastError", out var error) ? error.GetString() : "")}".TrimEnd());

    /// <summary>What the alerts that fire say, filled in.</summary>
    public async Task<IReadOnlyList<string>> FiringAnnotationsAsync() =>
        [.. (await GetAsync("alerts")).GetProperty("alerts").EnumerateArray().SelectMany(alert => alert.GetProperty("annotations").EnumerateObject()).Select(annotation => annotation.Value.GetString()!)];

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append(s_unpacked)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await s_http.GetAsync(new Uri($"http://127.0.0.1:{_port}/-/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<JsonElement> GetAsync(string request)
    {
        using var answer = await s_http.GetAsync(new Uri($"http://127.0.0.1:{_port}/api/v1/{request}"));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{Uri.UnescapeDataString(request)}: {text}");
        return JsonDocument.Parse(text).RootElement.GetProperty("data");
    }
}
