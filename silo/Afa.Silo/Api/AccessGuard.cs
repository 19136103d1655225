using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Afa.Silo.Api;

/// <summary>
/// Lets a request through that may use the API or the page. Health and metrics, which say nothing of anybody's work, are open to all.
/// </summary>
/// <remarks>
/// What a browser sends on behalf of another site's page is refused: such a page cannot send JSON without this server's leave, which it never
/// gets, and while the API is open a name that was made to lead to loopback (DNS rebinding) is none of loopback's. DELETE needs no content, and
/// no page can send it elsewhere without leave.
/// </remarks>
internal sealed class AccessGuard(RequestDelegate next, SiloOptions options, EntraTokens? tokens = null)
{
    private static readonly PathString[] s_public = ["/healthz", "/metrics"];

    public async Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var isPublic = Array.Exists(s_public, path => context.Request.Path.StartsWithSegments(path));
        if (!isPublic && await RefusalAsync(context) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    private async Task<ProblemHttpResult?> RefusalAsync(HttpContext context)
    {
        var request = context.Request;
        if (options.Access.IsClosed)
        {
            var state = await CheckAsync(request);
            if (state == CredentialState.IssuerIsAway)
            {
                return Refuse(StatusCodes.Status503ServiceUnavailable, "The token cannot be checked, as its issuer does not answer; the silo's log says more. Try again later.");
            }

            if (state != CredentialState.Good)
            {
                context.Response.Headers.WWWAuthenticate = """Basic realm="AFA", Bearer""";
                return Refuse(StatusCodes.Status401Unauthorized, state == CredentialState.Expired
                    ? "The token has expired; get a new one."
                    : $"The key is missing or wrong. The client has it from {ApiKey.Variable}, or from the file that {ApiKey.FileVariable} names; other programs send it as 'Authorization: Bearer KEY' or '{ApiKey.Header}: KEY', browsers as the password.");
            }
        }
        else if (!IPAddress.IsLoopback(options.Listen))
        {
            return Refuse(StatusCodes.Status403Forbidden, $"The silo listens on a network and is not told who may use it. Set {ApiKey.Variable}, or {ApiKey.FileVariable}, or {EntraOptions.TenantVariable} and {EntraOptions.AudienceVariable}, and start it again.");
        }
        else if (!IsLoopback(request.Host.Host))
        {
            return Refuse(StatusCodes.Status403Forbidden, $"Without a key the silo answers to localhost only, not to '{request.Host.Host}'. Set {ApiKey.Variable} for the silo and its clients.");
        }

        return (HttpMethods.IsPost(request.Method) || HttpMethods.IsPut(request.Method)) && !IsSafeContent(request.ContentType)
            ? Refuse(StatusCodes.Status415UnsupportedMediaType, "Requests that change something have the content type application/json, or application/octet-stream for weights, also without a body.")
            : null;
    }

    private static ProblemHttpResult Refuse(int status, string detail) => TypedResults.Problem(detail, statusCode: status);

    private async Task<CredentialState> CheckAsync(HttpRequest request)
    {
        if (request.Headers.TryGetValue(ApiKey.Header, out var key))
        {
            return CheckKey(key.ToString());
        }

        if (!AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var given) || given.Parameter is not { } parameter)
        {
            return CredentialState.Bad;
        }

        return given.Scheme.ToUpperInvariant() switch
        {
            "BEARER" when tokens is not null && !options.Access.IsKey(parameter) => await tokens.CheckAsync(parameter, request.HttpContext.RequestAborted),
            "BEARER" => CheckKey(parameter),
            "BASIC" when Password(parameter) is { } password => CheckKey(password),
            _ => CredentialState.Bad,
        };
    }

    private CredentialState CheckKey(string key) => options.Access.IsKey(key) ? CredentialState.Good : CredentialState.Bad;

    /// <summary>What follows the first ':'. RFC 7617, section 2.</summary>
    private static string? Password(string parameter)
    {
        var bytes = new byte[parameter.Length];
        if (!Convert.TryFromBase64String(parameter, bytes, out var length))
        {
            return null;
        }

        var pair = Encoding.UTF8.GetString(bytes, 0, length);
        return pair.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? pair[(colon + 1)..] : null;
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static bool IsSafeContent(string? type) =>
        MediaTypeHeaderValue.TryParse(type, out var media) && media.MediaType?.ToUpperInvariant() is "APPLICATION/JSON" or "APPLICATION/OCTET-STREAM";
}
