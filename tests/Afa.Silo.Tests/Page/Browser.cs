using System.ComponentModel;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Afa.Tests.Silo.Page;

/// <summary>A headless Chromium with one page, driven by its DevTools protocol.</summary>
/// <remarks>The protocol is JSON over a WebSocket; the few commands that are needed do not make up for a package of 770 MB.</remarks>
internal sealed partial class Browser : IAsyncDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(2);
    private static readonly HttpClient s_http = new();

    private readonly ServerProcess _process;
    private readonly ClientWebSocket _socket;
    private readonly List<string> _errors = [];
    private int _lastId;

    private Browser(ServerProcess process, ClientWebSocket socket) => (_process, _socket) = (process, socket);

    /// <summary>What the page wrote to the console as an error or a warning, exceptions and what could not be loaded among it.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Starts a browser; skips the test where there is none.</summary>
    public static async Task<Browser> StartAsync()
    {
        ServerProcess process;
        try
        {
            process = new ServerProcess(
                "chromium",
                ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage", "--remote-debugging-port=0", $"--user-data-dir={Directory.CreateTempSubdirectory("afa-browser-").FullName}", "about:blank"]);
        }
        catch (Win32Exception exception)
        {
            Assert.Skip($"Chromium is not installed ({exception.Message}): apt-get install chromium.");
            throw;
        }

        using var limit = new CancellationTokenSource(s_longest);
        Match listening;
        while (!(listening = Listening().Match(process.Output)).Success)
        {
            Assert.False(process.HasExited, process.Output);
            await Task.Delay(50, limit.Token);
        }

        var pages = JsonNode.Parse(await s_http.GetStringAsync(new Uri($"http://127.0.0.1:{listening.Groups[1].Value}/json/list"), limit.Token))!.AsArray();
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri((string)pages.First(page => (string?)page!["type"] == "page")!["webSocketDebuggerUrl"]!), limit.Token);
        var browser = new Browser(process, socket);
        foreach (var domain in new[] { "Runtime", "Log", "Page" })
        {
            await browser.CallAsync($"{domain}.enable");
        }

        return browser;
    }

    public Task GoToAsync(string address) => CallAsync("Page.navigate", new JsonObject { ["url"] = address });

    /// <summary>Makes the window as wide as a phone.</summary>
    public Task NarrowAsync() => CallAsync("Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = 390, ["height"] = 800, ["deviceScaleFactor"] = 1, ["mobile"] = false });

    /// <summary>Turns JavaScript off or on for pages that are loaded from now on.</summary>
    public Task AllowScriptsAsync(bool areAllowed) => CallAsync("Emulation.setScriptExecutionDisabled", new JsonObject { ["value"] = !areAllowed });

    /// <summary>The value of an expression in the page.</summary>
    public async Task<T> EvaluateAsync<T>(string expression)
    {
        var answer = await CallAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        Assert.True(answer["exceptionDetails"] is null, answer.ToJsonString());
        return answer["result"]!["value"].Deserialize<T>()!;
    }

    /// <summary>Waits until an expression is true in the page.</summary>
    public async Task WaitAsync(string expression)
    {
        using var limit = new CancellationTokenSource(s_longest);
        while (!await EvaluateAsync<bool>($"Boolean({expression})"))
        {
            Assert.False(limit.IsCancellationRequested, $"Never true: {expression}. The page says: {await EvaluateAsync<string>("document.body.innerText")}");
            await Task.Delay(100, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _process.DisposeAsync();
    }

    private async Task<JsonNode> CallAsync(string method, JsonObject? parameters = null)
    {
        using var limit = new CancellationTokenSource(s_longest);
        var id = ++_lastId;
        var call = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(call), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        while (true)
        {
            var message = await ReceiveAsync(limit.Token);
            if ((int?)message["id"] == id)
            {
                Assert.True(message["error"] is null, $"{method}: {message.ToJsonString()}");
                return message["result"]!;
            }

            Note(message);
        }
    }

    private async Task<JsonNode> ReceiveAsync(CancellationToken cancellationToken)
    {
        using var message = new MemoryStream();
        var buffer = new byte[1 << 16];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(message.ToArray())!;
    }

    private void Note(JsonNode message)
    {
        var parameters = message["params"];
        var isError = (string?)message["method"] switch
        {
            "Runtime.exceptionThrown" => true,
            "Runtime.consoleAPICalled" => (string?)parameters!["type"] is "error" or "warning",
            "Log.entryAdded" => (string?)parameters!["entry"]!["level"] is "error" or "warning",
            _ => false,
        };
        if (isError)
        {
            _errors.Add(parameters!.ToJsonString());
        }
    }

    [GeneratedRegex(@"DevTools listening on ws://127\.0\.0\.1:(\d+)/")]
    private static partial Regex Listening();
}
