using System.Security.Cryptography;
using System.Text;

namespace Afa.Federation.Privacy;

/// <summary>Keys that two clients can compute and nobody else: Diffie and Hellman on the curve P-256, then HKDF (RFC 5869) with SHA-256. All of it is the platform's.</summary>
internal static class KeyAgreement
{
    /// <summary>Bytes of a private key, and of a derived one.</summary>
    public const int KeyLength = 32;

    /// <summary>Bytes of a public key: both coordinates of the point.</summary>
    public const int PublicLength = 64;

    public static ECDiffieHellman Create() => ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    public static byte[] ExportPublic(ECDiffieHellman key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return [.. point.X!, .. point.Y!];
    }

    /// <summary>The private number. The caller clears it.</summary>
    public static byte[] ExportPrivate(ECDiffieHellman key) => key.ExportParameters(includePrivateParameters: true).D!;

    /// <exception cref="CryptographicException">It is not a point of the curve.</exception>
    public static ECDiffieHellman ImportPublic(ReadOnlySpan<byte> point)
    {
        var half = PublicLength / 2;
        return ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = point[..half].ToArray(), Y = point[half..].ToArray() },
        });
    }

    /// <exception cref="CryptographicException">It is not a private key of the curve.</exception>
    public static ECDiffieHellman ImportPrivate(byte[] number) =>
        ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = number });

    /// <summary>The key of a pair for one purpose, the same on both sides. The caller clears it.</summary>
    /// <param name="purpose">Without spaces.</param>
    /// <param name="context">What else the key is bound to.</param>
    public static byte[] Derive(ECDiffieHellman own, ECDiffieHellman other, string purpose, int client, int otherClient, string context)
    {
        using var otherPublic = other.PublicKey;
        var secret = own.DeriveRawSecretAgreement(otherPublic);
        try
        {
            var info = $"afa.secure-aggregation {purpose} {Math.Min(client, otherClient)} {Math.Max(client, otherClient)} {context}";
            return HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, KeyLength, info: Encoding.UTF8.GetBytes(info));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
