using System.Net;
using Afa.Client.Control;
using Microsoft.Extensions.Time.Testing;
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

    private async Task<HttpResponseMessage> SendAsync(Func<int, HttpResponseMessage> answer)
    {
        using var http = new HttpClient(new PatientHandler(new Server(request =>
        {
            Assert.Equal("body", request.Content!.ReadAsStringAsync().GetAwaiter().GetResult());
            return answer(++_calls);
        }), _clock));
        var sent = http.PostAsync(new Uri("http://silo.example/"), new StringContent("body"));
        while (!sent.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Delay(1);
        }

        return await sent;
    }

    private sealed class Server(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }

    /// <summary>A connection that ends in the middle of an answer.</summary>
    private sealed class CutStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new HttpIOException(HttpRequestError.ResponseEnded);

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => throw new HttpIOException(HttpRequestError.ResponseEnded);
    }
}
