using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Afa.Client.Control;
using Afa.Grains;
using Afa.Silo.Api;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Afa.Tests.Silo.Api;

/// <summary>The API as any program sees it.</summary>
[Collection(ApiSilo.Collection)]
public sealed class ApiEndpointsTests(ApiSilo silo)
{
    [Fact]
    public async Task Document_DescribesEveryRoute()
    {
        var (status, _, text) = await silo.SendAsync(HttpMethod.Get, "openapi/v1.json");
        Assert.Equal(HttpStatusCode.OK, status);
        using var document = JsonDocument.Parse(text);
        var described = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(method => (Route: $"{method.Name.ToUpperInvariant()} {path.Name}", method.Value))).ToList();

        var mapped = silo.App.Services.GetServices<EndpointDataSource>().Concat(((IEndpointRouteBuilder)silo.App).DataSources).SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText?.StartsWith("/api/", StringComparison.Ordinal) == true)
            .SelectMany(endpoint => endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText!.TrimEnd('/')}"))
            .Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.True(mapped.Count >= 25, $"{mapped.Count} routes");
        Assert.Equal(mapped, described.Select(entry => entry.Route).Order(StringComparer.Ordinal));
        Assert.All(described, entry => Assert.False(string.IsNullOrWhiteSpace(entry.Value.GetProperty("summary").GetString()), entry.Route));
        Assert.Contains("\"batchSize\"", text, StringComparison.Ordinal);   // The options of a training are described.
    }

    [Fact]
    public async Task Events_TellTheStatusUntilTheRunEnds_AndAtOnceToWhoComesBack()
    {
        await silo.OverGrains.StartTrainingAsync("watched", ApiSilo.Json(ApiSilo.Quick with { Epochs = 4 }));

        var seen = await EventsAsync("trainings/watched/events");
        Assert.Equal(RunState.Completed, seen[^1].State);
        Assert.All(seen.SkipLast(1), status => Assert.Equal(RunState.Running, status.State));
        Assert.Equal(seen.Select(status => status.Step).Order(), seen.Select(status => status.Step));
        Assert.Equal(4, seen[^1].History.Count);

        Assert.Equal(RunState.Completed, Assert.Single(await EventsAsync("trainings/watched/events")).State);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.SendAsync(HttpMethod.Get, "api/v1/trainings/none/events")).Status);
    }

    [Fact]
    public async Task Start_SeveralWrongOptions_AreAllNamed()
    {
        var problem = await ProblemAsync(HttpStatusCode.BadRequest, HttpMethod.Put, "trainings/wrong", ApiSilo.Json(ApiSilo.Quick with { Epochs = 0, BatchSize = 0 }));
        var problems = problem.GetProperty("problems").EnumerateArray().Select(entry => entry.GetString()!).ToList();
        Assert.Contains(problems, text => text.Contains("Epochs", StringComparison.Ordinal));
        Assert.Contains(problems, text => text.Contains("BatchSize", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("trainings/wrong", "{\"epochz\":1}", "epochz")]
    [InlineData("trainings/wrong", "{\"epochs\":", "depth")]
    [InlineData("trainings/wrong", "{\"epochs\":\"many\"}", "epochs")]
    [InlineData("trainings/wrong", "null", "must be an object")]
    [InlineData("trainings/Wrong!", "{}", "a-z, 0-9")]
    [InlineData("evaluations/..%2F..%2Fetc", "{}", "a-z, 0-9")]
    [InlineData("sweeps/wrong", "{}", "points")]
    public async Task Start_WhatCannotBeRead_IsRefusedWithTheReason(string path, string json, string reason)
    {
        var problem = await ProblemAsync(HttpStatusCode.BadRequest, HttpMethod.Put, path, json);
        Assert.Contains(reason, problem.GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("trainings")]
    [InlineData("evaluations")]
    public async Task Start_TooLarge_IsRefused(string kind) =>
        await ProblemAsync(HttpStatusCode.RequestEntityTooLarge, HttpMethod.Put, $"{kind}/large", $"{{\"model\":\"{new string('x', 2 << 20)}\"}}", change: request =>
            request.Headers.ExpectContinue = true);   // The answer comes before the body, else whoever still sends it meets a closed connection.

    /// <summary>Their limits are others than that of JSON.</summary>
    [Fact]
    public async Task SweepAndImport_OfSomeMegabytes_AreRead()
    {
        var sweep = await ProblemAsync(HttpStatusCode.BadRequest, HttpMethod.Put, "sweeps/large", $"{{\"points\":[],\"trials\":[],\"varied\":[\"{new string('x', 3 << 20)}\"]}}");
        Assert.Contains("1 to", sweep.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var import = await ProblemAsync(HttpStatusCode.BadRequest, HttpMethod.Put, "checkpoints/large/imported?dataset=fashion-mnist&model={}", change: request =>
            request.Content = new ByteArrayContent(new byte[3 << 20]) { Headers = { ContentType = new("application/octet-stream") } });
        Assert.Contains("safetensors", import.GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Import_TooLargeOrOfUnknownSize_IsRefusedBeforeItIsRead()
    {
        const string path = "checkpoints/large/imported?dataset=fashion-mnist&model={}";
        await ProblemAsync(HttpStatusCode.RequestEntityTooLarge, HttpMethod.Put, path, change: request =>
        {
            request.Content = new EndlessContent();
            request.Headers.ExpectContinue = true;   // The answer comes before the body.
        });
        await ProblemAsync(HttpStatusCode.LengthRequired, HttpMethod.Put, path, change: request =>
        {
            request.Content = new ByteArrayContent([1, 2, 3]) { Headers = { ContentType = new("application/octet-stream") } };
            request.Headers.TransferEncodingChunked = true;
        });
    }

    /// <summary>The client knows the limit and sends nothing, so the answer is not that of a silo that hung up.</summary>
    [Fact]
    public async Task Import_TooLargeForTheApi_IsRefusedByTheClient()
    {
        using var nobody = new HttpClient { BaseAddress = new Uri("http://silo.invalid/") };
        var import = new CheckpointImport("large", "{}", "fashion-mnist", "large.pt", new byte[CheckpointLimits.MaxWeightsSizeInBytes + 1]);
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => new HttpControl(nobody).ImportCheckpointAsync(import));
        Assert.Contains("536870913 bytes, and a silo takes at most 536870912", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_BesideTwoOthers_IsToldToComeBack()
    {
        const string path = "api/v1/checkpoints/third/imported?dataset=fashion-mnist&model={}";
        using var first = await HalfSentImport.BeginAsync(silo.Http.BaseAddress!, path);
        using var second = await HalfSentImport.BeginAsync(silo.Http.BaseAddress!, path);
        using var answer = await silo.Http.PutAsync(new Uri(path, UriKind.Relative), new ByteArrayContent([1]) { Headers = { ContentType = new("application/octet-stream") } });
        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(5)), (answer.StatusCode, answer.Headers.RetryAfter?.Delta));
        Assert.Equal("HTTP/1.1 400 Bad Request", await first.EndAsync());
        Assert.Equal("HTTP/1.1 400 Bad Request", await second.EndAsync());
    }

    [Fact]
    public async Task UnknownName_IsNotFound_WithTheClosest()
    {
        await silo.OverGrains.StartTrainingAsync("well-known", ApiSilo.Json(ApiSilo.Quick));
        var problem = await ProblemAsync(HttpStatusCode.NotFound, HttpMethod.Get, "trainings/well-knwon");
        Assert.Contains("Did you mean 'well-known'?", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(ProblemTypes.UnknownName, problem.GetProperty("type").GetString());
        await ProblemAsync(HttpStatusCode.NotFound, HttpMethod.Get, "checkpoints/none/none/weights");
        await ProblemAsync(HttpStatusCode.NotFound, HttpMethod.Get, "checkpoints/none/none");
        await ProblemAsync(HttpStatusCode.NotFound, HttpMethod.Get, "no-such-thing");
        await ProblemAsync(HttpStatusCode.MethodNotAllowed, HttpMethod.Delete, "trainings");
    }

    [Fact]
    public async Task Start_UnderATakenName_Conflicts()
    {
        await silo.OverGrains.StartTrainingAsync("taken", ApiSilo.Json(ApiSilo.Quick));
        var problem = await ProblemAsync(HttpStatusCode.Conflict, HttpMethod.Put, "trainings/taken", ApiSilo.Json(ApiSilo.Quick with { Seed = 5 }));
        Assert.Contains("exists with other options", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    /// <summary>What a page of another site can make a browser send.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task Post_OfAnotherSitesPage_IsRefused(string? type) =>
        await ProblemAsync(HttpStatusCode.UnsupportedMediaType, HttpMethod.Post, "trainings/any/cancel", change: request =>
            request.Content = type is null ? null : new StringContent("", new System.Net.Http.Headers.MediaTypeHeaderValue(type)));

    [Fact]
    public async Task Host_ThatWasMadeToLeadToLoopback_IsRefused()
    {
        var problem = await ProblemAsync(HttpStatusCode.Forbidden, HttpMethod.Get, "trainings", change: request => request.Headers.Host = "rebound.example");
        Assert.Contains("localhost only", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClusterAndLeaderboard_AreLists()
    {
        using var cluster = JsonDocument.Parse((await silo.SendAsync(HttpMethod.Get, "api/v1/cluster")).Text);
        Assert.Equal(2, cluster.RootElement.GetProperty("silos")[0].GetProperty("slots").GetInt32());
        using var board = JsonDocument.Parse((await silo.SendAsync(HttpMethod.Get, "api/v1/leaderboard")).Text);
        Assert.Equal(JsonValueKind.Array, board.RootElement.ValueKind);
    }

    private async Task<JsonElement> ProblemAsync(HttpStatusCode expected, HttpMethod method, string path, string? json = null, Action<HttpRequestMessage>? change = null)
    {
        var (status, type, text) = await silo.SendAsync(method, $"api/v1/{path}", json, change);
        Assert.True(status == expected, $"{status}: {text}");
        Assert.Equal("application/problem+json", type);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        var problem = JsonElement.Parse(text);
        Assert.Equal((int)expected, problem.GetProperty("status").GetInt32());
        return problem;
    }

    private async Task<List<TrainingRunStatus>> EventsAsync(string path)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var answer = await silo.Http.GetAsync(new Uri($"api/v1/{path}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, limit.Token);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(limit.Token));
        var seen = new List<TrainingRunStatus>();
        while (await lines.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                seen.Add(JsonSerializer.Deserialize<TrainingRunStatus>(line["data: ".Length..], ApiJson.Options)!);
            }
            else
            {
                Assert.True(line is "event: status" or "", line);
            }
        }

        return seen;
    }

    /// <summary>An import whose body the silo is known to be waiting for.</summary>
    private sealed class HalfSentImport : IDisposable
    {
        private readonly TcpClient _connection;
        private readonly StreamReader _answers;

        private HalfSentImport(TcpClient connection)
        {
            _connection = connection;
            _answers = new StreamReader(connection.GetStream(), Encoding.ASCII);
        }

        internal static async Task<HalfSentImport> BeginAsync(Uri silo, string path)
        {
            var connection = new TcpClient();
            await connection.ConnectAsync(silo.Host, silo.Port);
            var import = new HalfSentImport(connection);
            await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"PUT /{path} HTTP/1.1\r\nHost: {silo.Authority}\r\nContent-Type: application/octet-stream\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"));
            Assert.Equal("HTTP/1.1 100 Continue", await import._answers.ReadLineAsync());
            Assert.Equal("", await import._answers.ReadLineAsync());
            return import;
        }

        /// <summary>Sends the rest.</summary>
        /// <returns>The first line of the answer.</returns>
        internal async Task<string?> EndAsync()
        {
            await _connection.GetStream().WriteAsync(new byte[1]);
            return await _answers.ReadLineAsync();
        }

        public void Dispose()
        {
            _answers.Dispose();
            _connection.Dispose();
        }
    }

    /// <summary>As long as nobody would take it.</summary>
    private sealed class EndlessContent : HttpContent
    {
        public EndlessContent() => Headers.ContentType = new("application/octet-stream");

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            while (true)
            {
                await stream.WriteAsync(new byte[1 << 12]);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 1L << 40;
            return true;
        }
    }
}
