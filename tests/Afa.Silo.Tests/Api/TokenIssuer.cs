using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Afa.Tests.Silo.Api;

/// <summary>An issuer of access tokens on loopback, as OpenID Connect describes one.</summary>
internal sealed class TokenIssuer : IAsyncDisposable
{
    private readonly RSA _key = RSA.Create(2048);
    private readonly RSA _forged = RSA.Create(2048);
    private readonly WebApplication _app;

    private TokenIssuer(WebApplication app) => _app = app;

    public Uri Authority => new(_app.Urls.Single());

    public static async Task<TokenIssuer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        var issuer = new TokenIssuer(builder.Build());
        issuer._app.Run(issuer.AnswerAsync);
        await issuer._app.StartAsync();
        return issuer;
    }

    public string Token(string? issuer = null, string audience = "api://afa", DateTime? expires = null, bool isForged = false)
    {
        var ends = expires ?? DateTime.UtcNow.AddMinutes(10);
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Authority.ToString(),
            Audience = audience,
            IssuedAt = ends.AddMinutes(-20),
            NotBefore = ends.AddMinutes(-20),
            Expires = ends,
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(isForged ? _forged : _key) { KeyId = "key" }, SecurityAlgorithms.RsaSha256),
        });
    }

    public string UnsignedToken() => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor { Issuer = Authority.ToString(), Audience = "api://afa", Expires = DateTime.UtcNow.AddMinutes(10) });

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
        _forged.Dispose();
    }

    private Task AnswerAsync(HttpContext context)
    {
        var open = _key.ExportParameters(includePrivateParameters: false);
        return context.Request.Path.Value == "/.well-known/openid-configuration"
            ? context.Response.WriteAsJsonAsync(new Dictionary<string, object> { ["issuer"] = Authority.ToString(), ["jwks_uri"] = $"{Authority}keys" })
            : context.Response.WriteAsJsonAsync(new Dictionary<string, object>
            {
                ["keys"] = new[] { new Dictionary<string, string> { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = "key", ["n"] = Base64UrlEncoder.Encode(open.Modulus), ["e"] = Base64UrlEncoder.Encode(open.Exponent) } },
            });
    }
}
