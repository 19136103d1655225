using System.Net;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Afa.Client.Control;

/// <summary>Repeats a request while the server is away, as it is being replaced or the cluster behind it misses a silo. Every request of the API's may arrive twice.</summary>
internal sealed class PatientHandler : DelegatingHandler
{
    private const int FirstTries = 20;   // 10 s for a first answer: the silo may just be starting.
    private const int LaterTries = 240;   // 2 minutes.

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_longestTry = TimeSpan.FromMinutes(6);   // An import or export may take 5.

    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;
    private volatile bool _hasAnswered;

    public PatientHandler(HttpMessageHandler inner, TimeProvider clock) : base(inner) =>
        _pipeline = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = LaterTries,
                Delay = s_interval,
                ShouldHandle = attempt => ValueTask.FromResult(IsAway(attempt.Outcome) && attempt.AttemptNumber < (_hasAnswered ? LaterTries : FirstTries)),
                OnRetry = attempt =>
                {
                    attempt.Outcome.Result?.Dispose();
                    return default;
                },
            })
            .AddTimeout(s_longestTry)
            .Build();

    /// <returns>The answer, of which all is here.</returns>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        await _pipeline.ExecuteAsync(
            async stop =>
            {
                var answer = await base.SendAsync(request, stop);
                _hasAnswered = true;
                await answer.Content.LoadIntoBufferAsync(stop);   // So that one that is cut is asked for again.
                return answer;
            },
            cancellationToken);

    private static bool IsAway(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: HttpRequestException or IOException or TimeoutRejectedException } => true,
        { Result.StatusCode: HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout } => true,
        { Result: { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.RetryAfter: not null } } => true,   // Without that header it is the store, which comes back by nobody's waiting.
        _ => false,
    };
}
