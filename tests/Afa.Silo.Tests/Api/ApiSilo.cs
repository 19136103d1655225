using System.Net;
using System.Text.Json;
using Afa.Client.Control;
using Afa.Compute;
using Afa.Grains;
using Afa.Silo;
using Afa.Storage;
using Afa.Training;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Afa.Tests.Silo.Api;

/// <summary>The real silo in this process, with its HTTP API on a free port of loopback. The tests of the API share it.</summary>
public sealed class ApiSilo : IAsyncLifetime
{
    public const string Collection = "api silo";

    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(3);

    private readonly DevicePool _devices = new(2, 1);
    private WebApplication? _app;

    /// <summary>Some images, one epoch of 10 steps.</summary>
    internal static TrainingOptions Quick { get; } = TestRun.Options with { Method = TrainingMethod.Ce, Epochs = 1, Trainers = 1 };

    /// <summary>As <see cref="Quick"/>, and so long that it never ends by itself in a test.</summary>
    internal static TrainingOptions Long { get; } = Quick with { Epochs = 5000, CheckpointEveryEpochs = 5000 };

    internal WebApplication App => _app!;

    /// <summary>Asks the API as any program would.</summary>
    internal HttpClient Http { get; } = new();

    internal IAfaControl OverGrains { get; private set; } = null!;

    internal IAfaControl OverHttp { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var location = StoreLocation.Parse(TestRun.NewStore());
        var options = new SiloOptions { Store = location.ToString(), DeviceSlots = DeviceSlots.Cpu(2), SiloPort = ServerProcess.FreePort(), GatewayPort = ServerProcess.FreePort(), HttpPort = 0 };
        _app = SiloHost.Build(options, location, _devices);
        await _app.StartAsync();
        Http.BaseAddress = new Uri(_app.Urls.Single());
        OverGrains = new GrainControl(_app.Services.GetRequiredService<IGrainFactory>());
        OverHttp = new HttpControl(Http);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app!.StopAsync();
        await _app.DisposeAsync();
        _devices.Dispose();
    }

    internal static string Json<T>(T options) => JsonSerializer.Serialize(options, AfaJson.Options);

    /// <summary>Asks again and again until the status is as wanted.</summary>
    internal static async Task<T> WaitAsync<T>(Func<Task<T?>> lookAsync, Func<T, bool> isWanted)
        where T : class
    {
        using var limit = new CancellationTokenSource(s_longest);
        T? last = null;
        while (!limit.IsCancellationRequested)
        {
            last = await lookAsync();
            if (last is not null && isWanted(last))
            {
                return last;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"Not as wanted. Last heard: {last}");
    }

    /// <summary>Sends a request as curl would, with a body of JSON unless it is null.</summary>
    internal async Task<(HttpStatusCode Status, string? Type, string Text)> SendAsync(HttpMethod method, string path, string? json = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = json is null ? null : new StringContent(json, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        change?.Invoke(request);
        using var answer = await Http.SendAsync(request);
        return (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, await answer.Content.ReadAsStringAsync());
    }
}

[CollectionDefinition(ApiSilo.Collection)]
public sealed class SharesApiSilo : ICollectionFixture<ApiSilo>;
