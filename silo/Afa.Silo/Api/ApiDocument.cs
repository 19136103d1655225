using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Afa.Silo.Api;

/// <summary>The OpenAPI description of the API, at /openapi/v1.json.</summary>
internal static class ApiDocument
{
    public const string Name = "v1";

    public static void Configure(OpenApiOptions options)
    {
        options.ShouldInclude = route => route.RelativePath?.StartsWith(ApiEndpoints.Root.TrimStart('/'), StringComparison.Ordinal) == true;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "AFA",
                Version = Name,
                Description = "Trains image classifiers that withstand adversarial perturbations, and measures how well they do. Errors are problem details (RFC 9457).",
            };
            Secure(document, "bearer", new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The API key, or an access token of Entra ID." });
            Secure(document, "key", new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = ApiKey.Header, Description = "The API key." });
            return Task.CompletedTask;
        });
    }

    /// <summary>Adds one of the ways in which a request may show who it is from.</summary>
    private static void Secure(OpenApiDocument document, string name, OpenApiSecurityScheme scheme)
    {
        document.AddComponent(name, scheme);
        document.Security ??= [];
        document.Security.Add(new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(name, document)] = [] });
    }
}
