using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Data;
using Afa.Grains;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging;

namespace Afa.Silo.Api;

/// <summary>Answers with problem details (RFC 9457) what went wrong, in one place for all of the API.</summary>
internal sealed class ApiExceptionHandler(ILogger<ApiExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var problem = Of(exception, HttpMethods.IsPut(httpContext.Request.Method) || HttpMethods.IsPost(httpContext.Request.Method));
        if (problem.StatusCode == StatusCodes.Status500InternalServerError)
        {
            logger.LogError(exception, "{Method} {Path} failed.", httpContext.Request.Method, httpContext.Request.Path);
        }

        if (exception is OrleansException or TimeoutException)
        {
            httpContext.Response.Headers.RetryAfter = "1";   // Another silo takes over. A store that is away is for its owner to mend.
        }

        await problem.ExecuteAsync(httpContext);
        return true;
    }

    /// <param name="hasBody">Whether the request brought something; what else cannot be read is the store's.</param>
    private static ProblemHttpResult Of(Exception exception, bool hasBody) => exception switch
    {
        BadOptionsException bad => Problem(StatusCodes.Status400BadRequest, exception, problems: bad.Problems),
        BadHttpRequestException { InnerException: JsonException reason } => Problem(StatusCodes.Status400BadRequest, reason),
        BadHttpRequestException bad => Problem(bad.StatusCode, bad),
        UnknownNameException or FileNotFoundException or DirectoryNotFoundException => Problem(StatusCodes.Status404NotFound, exception, ProblemTypes.UnknownName),
        WorkedOnElsewhereException => Problem(StatusCodes.Status409Conflict, exception, ProblemTypes.WorkedOnElsewhere),
        CheckpointDamagedException => Problem(StatusCodes.Status409Conflict, exception, ProblemTypes.DamagedCheckpoint),
        InvalidOperationException and not ObjectDisposedException => Problem(StatusCodes.Status409Conflict, exception),
        ValidationException or ArgumentException or DatasetNotFoundException => Problem(StatusCodes.Status400BadRequest, exception),
        JsonException or InvalidDataException when hasBody => Problem(StatusCodes.Status400BadRequest, exception),
        OrleansException or TimeoutException => TypedResults.Problem("The cluster does not answer; a silo may just be ending.", statusCode: StatusCodes.Status503ServiceUnavailable),
        IOException => Problem(StatusCodes.Status503ServiceUnavailable, exception),
        _ => TypedResults.Problem("This was not expected. The silo's log says more.", statusCode: StatusCodes.Status500InternalServerError),
    };

    private static ProblemHttpResult Problem(int status, Exception exception, string? type = null, IReadOnlyList<string>? problems = null)
    {
        var extensions = problems is null ? null : new Dictionary<string, object?> { ["problems"] = problems };
        return TypedResults.Problem(GrainMessage.WithoutStackTrace(exception.Message), statusCode: status, type: type, extensions: extensions);
    }
}
