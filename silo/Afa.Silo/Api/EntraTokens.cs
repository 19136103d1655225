using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Afa.Silo.Api;

/// <summary>Tells whether a token is one of the issuer's, for this API, and still good. The issuer's keys are fetched when first needed, and anew when they change.</summary>
internal sealed class EntraTokens(EntraOptions options, ILogger<EntraTokens> logger)
{
    private readonly JsonWebTokenHandler _handler = new();

    private readonly TokenValidationParameters _rules = new()
    {
        ConfigurationManager = new ConfigurationManager<OpenIdConnectConfiguration>(
            $"{options.Authority.ToString().TrimEnd('/')}/.well-known/openid-configuration",
            new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever { RequireHttps = !options.Authority.IsLoopback }),
        ValidIssuer = options.Issuer,   // Beside the one of the configuration.
        ValidAudience = options.Audience,
        ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
        ClockSkew = TimeSpan.FromMinutes(2),
    };

    public async Task<CredentialState> CheckAsync(string token, CancellationToken stop)
    {
        if (!_handler.CanReadToken(token))
        {
            return CredentialState.Bad;
        }

        try
        {
            await _rules.ConfigurationManager.GetBaseConfigurationAsync(stop);   // Without it the handler calls every token bad.
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or HttpRequestException)
        {
            logger.LogWarning(exception, "The configuration of {Issuer} cannot be fetched.", options.Authority);
            return CredentialState.IssuerIsAway;
        }

        var found = await _handler.ValidateTokenAsync(token, _rules);
        if (found.IsValid)
        {
            return CredentialState.Good;
        }

        logger.LogInformation("A token was refused: {Reason}", found.Exception.Message.Split('\n')[0]);
        return found.Exception is SecurityTokenExpiredException ? CredentialState.Expired : CredentialState.Bad;
    }
}
