using System.Net;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Afa.Client.Control;

/// <summary>Repeats a request while the server is away, as it is being replaced or the cluster behind it misses a silo. Every request of the API's may arrive twice.</summary>
internal sealed class PatientHandler(HttpMessageHandler inner, TimeProvider clock) : DelegatingHandler(inner)
{
    /// <summary>How long one try may take, for requests that move more than a message.</summary>
    public static readonly HttpRequestOptionsKey<TimeSpan> LongestTry = new("afa.longest-try");

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_firstPatience = TimeSpan.FromSeconds(10);   // The silo may just be starting.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_longestTry = TimeSpan.FromMinutes(1);   // A grain has 30 s to answer.

    private volatile bool _hasAnswered;

    /// <returns>The answer, of which all is here.</returns>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        long begun = 0;
        long? awaySince = null;
        var pipeline = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = int.MaxValue,   // Time counts, as a try may be refused at once or hang.
                Delay = s_interval,
                ShouldHandle = attempt => ValueTask.FromResult(IsAway(attempt.Outcome) && MayWait(attempt.Outcome.Exception)),
                OnRetry = attempt =>
                {
                    attempt.Outcome.Result?.Dispose();
                    return default;
                },
            })
            .AddTimeout(request.Options.TryGetValue(LongestTry, out var longest) ? longest : s_longestTry)
            .Build();
        return await pipeline.ExecuteAsync(
            async stop =>
            {
                begun = clock.GetTimestamp();
                return await TryAsync(request, stop);
            },
            cancellationToken);

        bool MayWait(Exception? failure)
        {
            awaySince ??= failure is TimeoutRejectedException ? begun : clock.GetTimestamp();   // One that hangs was away all the time.
            return clock.GetElapsedTime(awaySince.Value) < (_hasAnswered ? s_patience : s_firstPatience);
        }
    }

    private async Task<HttpResponseMessage> TryAsync(HttpRequestMessage request, CancellationToken stop)
    {
        try
        {
            var answer = await base.SendAsync(request, stop);
            _hasAnswered = true;
            await answer.Content.LoadIntoBufferAsync(stop);   // So that one that is cut is asked for again.
            return answer;
        }
        catch (OperationCanceledException exception) when (exception.InnerException is TimeoutException && !stop.IsCancellationRequested)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, exception.Message, exception);   // The handler's ConnectTimeout.
        }
    }

    private static bool IsAway(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: HttpRequestException or IOException or TimeoutRejectedException } => true,
        { Result.StatusCode: HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout } => true,
        { Result: { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.RetryAfter: not null } } => true,   // Without that header it is the store, which comes back by nobody's waiting.
        _ => false,
    };
}
