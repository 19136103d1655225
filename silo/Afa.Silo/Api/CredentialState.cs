namespace Afa.Silo.Api;

/// <summary>What was found of a key or a token.</summary>
internal enum CredentialState
{
    /// <summary>Missing, or not one that opens.</summary>
    Bad,

    Good,

    /// <summary>A token that was good once.</summary>
    Expired,

    /// <summary>A token that cannot be checked, as its issuer does not answer.</summary>
    IssuerIsAway,
}
