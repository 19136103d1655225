using System.Net;
using Afa.Client.Control;
using Microsoft.Extensions.Time.Testing;
using Polly.Timeout;
using Xunit;

namespace Afa.Tests.Silo.Api;

public sealed class PatientHandlerTests
{
    private readonly FakeTimeProvider _clock = new();
    private int _calls;

    [Fact]
    public async Task Request_WhileTheServerIsAway_IsSentAgainWithItsBody()
    {
        var answer = await SendAsync(call => call switch
        {
            1 => throw new HttpRequestException("refused"),
            2 => new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Headers = { RetryAfter = new(TimeSpan.FromSeconds(1)) } },
            3 => new HttpResponseMessage { Content = new StreamContent(new CutStream()) },
            _ => new HttpResponseMessage { Content = new StringContent("here") },
        });

        Assert.Equal(("here", 4), (await answer.Content.ReadAsStringAsync(), _calls));
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]   // Without Retry-After: the store.
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.Unauthorized)]
    public async Task Answer_ThatWaitingDoesNotChange_IsGivenAtOnce(HttpStatusCode status)
    {
        Assert.Equal(status, (await SendAsync(_ => new HttpResponseMessage(status))).StatusCode);
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task ServerThatNeverAnswered_IsGivenUpAfterTenSeconds()
    {
        var begun = _clock.GetUtcNow();
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(_ => throw new HttpRequestException("refused")));
        Assert.InRange((_clock.GetUtcNow() - begun).TotalSeconds, 9, 12);
    }

    [Fact]
    public async Task ServerThatHasAnswered_IsWaitedForTwoMinutes()
    {
        var begun = _clock.GetUtcNow();
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(call => call == 1
            ? new HttpResponseMessage(HttpStatusCode.BadGateway)
            : throw new HttpRequestException("refused")));
        Assert.InRange((_clock.GetUtcNow() - begun).TotalSeconds, 110, 130);
    }

    [Fact]
    public async Task ServerThatHangsFromTheStart_IsAskedOnce()
    {
        var begun = _clock.GetUtcNow();
        await Assert.ThrowsAsync<TimeoutRejectedException>(() => SendAsync(HangAsync));
        Assert.InRange((_clock.GetUtcNow() - begun).TotalSeconds, 60, 65);
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task ServerThatBeginsToHang_IsGivenUpAfterTwoMinutes()
    {
        var begun = _clock.GetUtcNow();
        await Assert.ThrowsAsync<TimeoutRejectedException>(() => SendAsync((call, stop) => call == 1
            ? Task.FromResult(new HttpResponseMessage(HttpStatusCode.BadGateway))
            : HangAsync(call, stop)));
        Assert.InRange((_clock.GetUtcNow() - begun).TotalSeconds, 115, 190);   // The last try may begin just before.
    }

    /// <summary>As SocketsHttpHandler says that its ConnectTimeout is over.</summary>
    [Fact]
    public async Task ServerThatCannotBeConnectedTo_IsGivenUpByTimeNotByTries()
    {
        var begun = _clock.GetUtcNow();
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(async (_, stop) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(5), _clock, stop);
            throw new TaskCanceledException("connecting", new TimeoutException());
        }));
        Assert.InRange((_clock.GetUtcNow() - begun).TotalSeconds, 10, 22);
        Assert.InRange(_calls, 2, 4);
    }

    [Fact]
    public async Task Transfer_MayTakeMinutes()
    {
        var answer = await SendAsync(
            async (_, stop) =>
            {
                await Task.Delay(TimeSpan.FromMinutes(3), _clock, stop);
                return new HttpResponseMessage();
            },
            TimeSpan.FromMinutes(6));
        Assert.Equal((HttpStatusCode.OK, 1), (answer.StatusCode, _calls));
    }

    private async Task<HttpResponseMessage> HangAsync(int call, CancellationToken stop)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, _clock, stop);
        throw new InvalidOperationException($"Call {call} ended.");
    }

    private Task<HttpResponseMessage> SendAsync(Func<int, HttpResponseMessage> answer) => SendAsync((call, _) => Task.FromResult(answer(call)));

    private async Task<HttpResponseMessage> SendAsync(Func<int, CancellationToken, Task<HttpResponseMessage>> answer, TimeSpan? longest = null)
    {
        var server = new Server(async (request, stop) =>
        {
            Assert.Equal("body", await request.Content!.ReadAsStringAsync(stop));
            return await answer(++_calls, stop);
        });
        using var http = new HttpClient(new PatientHandler(server, _clock)) { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://silo.example/") { Content = new StringContent("body") };
        if (longest is { } time)
        {
            request.Options.Set(PatientHandler.LongestTry, time);
        }

        var sent = http.SendAsync(request);
        while (!sent.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Delay(1);
        }

        return await sent;
    }

    private sealed class Server(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer(request, cancellationToken);
    }

    /// <summary>A connection that ends in the middle of an answer.</summary>
    private sealed class CutStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new HttpIOException(HttpRequestError.ResponseEnded);

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => throw new HttpIOException(HttpRequestError.ResponseEnded);
    }
}
