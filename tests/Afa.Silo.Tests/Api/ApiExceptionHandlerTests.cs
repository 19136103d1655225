using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Afa.Data;
using Afa.Grains;
using Afa.Silo.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Afa.Tests.Silo.Api;

public sealed class ApiExceptionHandlerTests
{
    public static TheoryData<Exception, int, string> Cases => new()
    {
        { new ArgumentException("The width must be 1."), 400, "The width must be 1." },
        { new ValidationException("Epochs must be 1."), 400, "Epochs must be 1." },
        { new DatasetNotFoundException("cifar-10 is not here."), 400, "cifar-10 is not here." },
        { new FileNotFoundException("There is no checkpoint."), 404, "There is no checkpoint." },
        { new WorkedOnElsewhereException("Another process."), 409, "Another process." },
        { new IOException("The disk is full."), 503, "The disk is full." },
        { new TimeoutException("secret"), 503, "The cluster does not answer" },
        { new SiloUnavailableException("secret"), 503, "The cluster does not answer" },
        { new NotSupportedException("secret"), 500, "The silo's log says more." },
        { new ObjectDisposedException("secret"), 500, "The silo's log says more." },
        { new JsonException("secret"), 500, "The silo's log says more." },   // Of a GET: what is stored.
        { new InvalidDataException("secret"), 500, "The silo's log says more." },
        { new ArgumentException("Two lines.\n   at Some.Method()\n---> more"), 400, "Two lines." },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Exception_BecomesAProblemWithoutAStackTrace(Exception exception, int status, string detail)
    {
        var (context, text) = await HandleAsync(exception);

        Assert.Equal(status, context.Response.StatusCode);
        Assert.Contains(detail, JsonElement.Parse(text).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("POST")]
    public async Task Body_ThatCannotBeRead_IsTheCallersToMend(string method)
    {
        Assert.Equal(400, (await HandleAsync(new JsonException("Not JSON."), method)).Context.Response.StatusCode);
        Assert.Equal(400, (await HandleAsync(new InvalidDataException("Not safetensors."), method)).Context.Response.StatusCode);
    }

    /// <summary>A silo is replaced by another, a store is not.</summary>
    [Fact]
    public async Task RetryAfter_StandsOnlyWhereWaitingHelps()
    {
        Assert.Equal("1", (await HandleAsync(new TimeoutException())).Context.Response.Headers.RetryAfter);
        Assert.Equal(0, (await HandleAsync(new IOException())).Context.Response.Headers.RetryAfter.Count);
    }

    private static async Task<(HttpContext Context, string Text)> HandleAsync(Exception exception, string method = "GET")
    {
        using var services = new ServiceCollection().AddLogging().AddProblemDetails().BuildServiceProvider();
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = services, Request = { Method = method }, Response = { Body = body } };
        Assert.True(await new ApiExceptionHandler(NullLogger<ApiExceptionHandler>.Instance).TryHandleAsync(context, exception, CancellationToken.None));
        return (context, System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }
}
