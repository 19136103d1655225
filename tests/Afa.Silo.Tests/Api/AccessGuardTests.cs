using System.Net;
using System.Text;
using Afa.Silo;
using Afa.Silo.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Afa.Tests.Silo.Api;

/// <summary>Who gets through to a page, the API, health and metrics.</summary>
public sealed class AccessGuardTests
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData(200, "Authorization", "Bearer " + Key)]
    [InlineData(200, "authorization", "bearer " + Key)]
    [InlineData(200, "X-Api-Key", Key)]
    [InlineData(200, "Authorization", "Basic anybody:" + Key)]
    [InlineData(401, "Authorization", "Bearer " + Key + "0")]
    [InlineData(401, "Authorization", "Bearer 0123456789abcdef")]
    [InlineData(401, "Authorization", "Bearer")]
    [InlineData(401, "Authorization", "Basic " + Key + ":")]
    [InlineData(401, "Authorization", "Basic anybody:wrong")]
    [InlineData(401, "Authorization", "Digest " + Key)]
    [InlineData(401, "X-Api-Key", "")]
    [InlineData(401, "Cookie", Key)]
    public async Task Key_OpensAllThatIsMapped(int expected, string header, string value)
    {
        await using var server = await ServerAsync(new ApiAccess(Key));
        if (value.StartsWith("Basic ", StringComparison.Ordinal))
        {
            value = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(value["Basic ".Length..]));
        }

        foreach (var path in new[] { "/", "/api/v1/trainings", "/healthzx" })
        {
            using var answer = await GetAsync(server, path, (header, value));
            Assert.Equal((expected, path), ((int)answer.StatusCode, path));
            Assert.Equal(expected == 401 ? "Basic realm=\"AFA\", Bearer" : "", string.Join(", ", answer.Headers.WwwAuthenticate));
        }
    }

    [Theory]
    [InlineData("/healthz/live")]
    [InlineData("/metrics")]
    public async Task HealthAndMetrics_AreOpenToAll(string path)
    {
        await using var closed = await ServerAsync(new ApiAccess(Key));
        await using var exposed = await ServerAsync(new ApiAccess(), IPAddress.Any);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(closed, path)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(exposed, path)).StatusCode);
    }

    [Fact]
    public async Task NoKey_OnANetwork_IsClosedAndSaysWhatToSet()
    {
        await using var server = await ServerAsync(new ApiAccess(), IPAddress.Any);
        using var answer = await GetAsync(server, "/");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("Set AFA_API_KEY", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:8080", 200)]
    [InlineData("LOCALHOST", 200)]
    [InlineData("127.0.0.1:8080", 200)]
    [InlineData("[::1]:8080", 200)]
    [InlineData("evil.example", 403)]
    [InlineData("localhost.evil.example", 403)]
    [InlineData("10.0.0.1", 403)]
    [InlineData("127.0.0.1.evil.example", 403)]
    public async Task NoKey_OnLoopback_IsOpenToNamesOfLoopbackOnly(string host, int expected)
    {
        await using var server = await ServerAsync(new ApiAccess());
        using var answer = await GetAsync(server, "/", ("Host", host));
        Assert.Equal(expected, (int)answer.StatusCode);
        Assert.Equal(["nosniff"], answer.Headers.GetValues("X-Content-Type-Options"));
    }

    [Fact]
    public async Task Token_OfTheIssuerForThisApi_Opens()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        await using var server = await ServerAsync(new ApiAccess(Key, new EntraOptions(issuer.Authority, "api://afa", "https://other.example/")));

        Assert.Equal(200, await StatusAsync(issuer.Token()));
        Assert.Equal(200, await StatusAsync(issuer.Token(issuer: "https://other.example/")));
        Assert.Equal(200, await StatusAsync(Key));
        Assert.Equal(401, await StatusAsync(issuer.Token(audience: "api://other")));
        Assert.Equal(401, await StatusAsync(issuer.Token(issuer: "https://evil.example/")));
        Assert.Equal(401, await StatusAsync(issuer.Token(expires: DateTime.UtcNow.AddMinutes(-10))));
        Assert.Equal(401, await StatusAsync(issuer.Token(isForged: true)));
        Assert.Equal(401, await StatusAsync(issuer.UnsignedToken()));
        Assert.Equal(401, await StatusAsync("no.such.token"));

        using var expired = await GetAsync(server, "/", ("Authorization", $"Bearer {issuer.Token(expires: DateTime.UtcNow.AddMinutes(-10))}"));
        Assert.Contains("expired", await expired.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        async Task<int> StatusAsync(string token)
        {
            using var answer = await GetAsync(server, "/", ("Authorization", $"Bearer {token}"));
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task Token_WhoseIssuerIsAway_IsNotCalledWrong()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        var away = new Uri($"http://127.0.0.1:{ServerProcess.FreePort()}/");
        await using var server = await ServerAsync(new ApiAccess(Key, new EntraOptions(away, "api://afa", "https://other.example/")));

        using var answer = await GetAsync(server, "/", ("Authorization", $"Bearer {issuer.Token()}"));
        Assert.Equal(503, (int)answer.StatusCode);
        using var key = await GetAsync(server, "/", ("X-Api-Key", Key));
        Assert.Equal(200, (int)key.StatusCode);
    }

    [Theory]
    [InlineData("both set", "AFA_API_KEY", Key, "AFA_API_KEY_FILE", "/none")]
    [InlineData("at least 16", "AFA_API_KEY", "short")]
    [InlineData("printable ASCII", "AFA_API_KEY", "a key with spaces in it")]
    [InlineData("AFA_API_KEY_FILE: ", "AFA_API_KEY_FILE", "/no/such/file")]
    [InlineData("needs both", "AFA_ENTRA_TENANT", "7f1d5f2e-3f0b-4b43-9f5f-0d1d8a2f6f10")]
    [InlineData("needs both", "AFA_ENTRA_AUDIENCE", "api://afa")]
    [InlineData("a GUID, not 'common'", "AFA_ENTRA_TENANT", "common", "AFA_ENTRA_AUDIENCE", "api://afa")]
    public void Environment_ThatIsWrong_IsRefusedWithoutNamingTheKey(string message, params string[] variables)
    {
        var problems = new List<string>();
        ApiAccess.Read(variables.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]).GetValueOrDefault, problems);
        Assert.Contains(message, Assert.Single(problems), StringComparison.Ordinal);
        Assert.DoesNotContain("with spaces", problems[0], StringComparison.Ordinal);
        Assert.DoesNotContain(Key, problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Environment_MountedFile_GivesTheKeyWithoutItsLineBreak()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, Key + "\n");
        var problems = new List<string>();
        var access = ApiAccess.Read(name => name == ApiKey.FileVariable ? file : null, problems);
        Assert.Empty(problems);
        Assert.True(access.IsKey(Key));
        Assert.False(access.IsKey(""));
    }

    [Fact]
    public void Environment_EmptyFile_IsRefusedNotOpen()
    {
        var problems = new List<string>();
        ApiAccess.Read(name => name == ApiKey.FileVariable ? Path.GetTempFileName() : null, problems);
        Assert.Contains(ApiKey.FileVariable, Assert.Single(problems), StringComparison.Ordinal);
    }

    /// <param name="listen">What the guard is told; the server itself stays on loopback.</param>
    private static async Task<WebApplication> ServerAsync(ApiAccess access, IPAddress? listen = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        builder.Services.AddProblemDetails();
        builder.Services.AddSingleton(new SiloOptions { Access = access, Listen = listen ?? IPAddress.Loopback });
        if (access.Entra is { } entra)
        {
            builder.Services.AddSingleton(new EntraTokens(entra, NullLogger<EntraTokens>.Instance));
        }

        var app = builder.Build();
        app.UseMiddleware<AccessGuard>();
        app.Run(context => context.Response.WriteAsync("through"));
        await app.StartAsync();
        return app;
    }

    private static async Task<HttpResponseMessage> GetAsync(WebApplication server, string path, params (string Name, string Value)[] headers)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Urls.Single() + path));
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await http.SendAsync(request);
    }
}
