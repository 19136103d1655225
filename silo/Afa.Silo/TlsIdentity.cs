using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Afa.Silo;

/// <summary>Who this process is to others, and whom it believes.</summary>
public sealed class TlsIdentity
{
    internal TlsIdentity(X509Certificate2 own, X509Certificate2Collection intermediates, X509Certificate2Collection authorities)
    {
        (Own, Authorities) = (own, authorities);
        Intermediates = intermediates;
        Context = SslStreamCertificateContext.Create(own, intermediates, offline: true);
    }

    /// <summary>With its private key.</summary>
    public X509Certificate2 Own { get; }

    /// <summary>Those that the others' certificates must come from; none of the machine's own counts.</summary>
    public X509Certificate2Collection Authorities { get; }

    /// <summary>What is shown to the other side.</summary>
    internal SslStreamCertificateContext Context { get; }

    private X509Certificate2Collection Intermediates { get; }

    /// <summary>How a certificate is judged. To be used once, as SslStream notes in it what the certificate must be for.</summary>
    /// <remarks>Revocation is not checked: authorities of one's own seldom publish it. A certificate that leaked calls for a new authority.</remarks>
    internal X509ChainPolicy NewChainPolicy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(Authorities);
        policy.ExtraStore.AddRange(Intermediates);
        return policy;
    }
}
