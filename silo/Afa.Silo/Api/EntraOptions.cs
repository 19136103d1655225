namespace Afa.Silo.Api;

/// <summary>Whose access tokens open the API.</summary>
/// <param name="Authority">Address below which the issuer's <c>.well-known/openid-configuration</c> is found.</param>
/// <param name="Audience">What the token must be for: the application's id or its URI.</param>
/// <param name="Issuer">An issuer beside the one that the authority names; null: none.</param>
public sealed record EntraOptions(Uri Authority, string Audience, string? Issuer = null)
{
    public const string TenantVariable = "AFA_ENTRA_TENANT";

    public const string AudienceVariable = "AFA_ENTRA_AUDIENCE";

    /// <summary>Microsoft Entra ID, version 2; tokens of version 1, which it gives by default for an application's own API, are of another issuer.</summary>
    /// <param name="tenant">Id of the directory.</param>
    public static EntraOptions Of(Guid tenant, string audience) =>
        new(new Uri($"https://login.microsoftonline.com/{tenant}/v2.0"), audience, $"https://sts.windows.net/{tenant}/");

    /// <summary>Reads the variables; null if neither is set, or if they are wrong, which is added to the problems.</summary>
    public static EntraOptions? Read(Func<string, string?> environment, List<string> problems)
    {
        var (tenant, audience) = (environment(TenantVariable), environment(AudienceVariable));
        if (string.IsNullOrEmpty(tenant) && string.IsNullOrEmpty(audience))
        {
            return null;
        }

        if (Guid.TryParse(tenant, out var id) && !string.IsNullOrWhiteSpace(audience))
        {
            return Of(id, audience);
        }

        problems.Add($"Entra ID needs both {TenantVariable}, the id of the directory (a GUID, not '{tenant}'), and {AudienceVariable}, what tokens must be for, such as api://afa.");
        return null;
    }
}
