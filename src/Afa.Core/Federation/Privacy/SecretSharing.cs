using System.Security.Cryptography;

namespace Afa.Federation.Privacy;

/// <summary>
/// Secret sharing of Shamir 1979 ("How to share a secret"), byte by byte over GF(256): any <c>threshold</c> shares give the secret, fewer say nothing about it.
/// </summary>
/// <remarks>
/// GF(256) is the bytes modulo x⁸ + x⁴ + x³ + x + 1 (FIPS 197, section 4.2). Share number x is the polynomial's value at x, in [1, 255]; at 0 it is the
/// secret. This is plain arithmetic; randomness is the platform's. Products take the same steps for all operands, so that time says nothing of a secret.
/// </remarks>
internal static class SecretSharing
{
    /// <summary>Points of the field but 0.</summary>
    public const int MostShares = 255;

    /// <summary>Shares 1 to <paramref name="shares"/>, each as long as the secret. The caller clears them.</summary>
    public static byte[][] Split(ReadOnlySpan<byte> secret, int shares, int threshold)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shares, MostShares);
        ArgumentOutOfRangeException.ThrowIfLessThan(threshold, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threshold, shares);

        var result = new byte[shares][];
        for (var share = 0; share < shares; share++)
        {
            result[share] = new byte[secret.Length];
        }

        Span<byte> coefficients = stackalloc byte[threshold];
        for (var position = 0; position < secret.Length; position++)
        {
            RandomNumberGenerator.Fill(coefficients);
            coefficients[0] = secret[position];
            for (var share = 0; share < shares; share++)
            {
                result[share][position] = Evaluate(coefficients, (byte)(share + 1));
            }
        }

        CryptographicOperations.ZeroMemory(coefficients);
        return result;
    }

    /// <summary>The secret of at least <paramref name="threshold"/> shares of different numbers, equally long. The caller clears it.</summary>
    /// <returns>Null if there are more shares than needed and they contradict each other.</returns>
    public static byte[]? Combine(IReadOnlyList<(byte Number, byte[] Share)> shares, int threshold)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shares.Count, threshold);
        var needed = shares.Take(threshold).ToList();
        if (shares.Skip(threshold).Any(other => !Interpolate(needed, other.Number).AsSpan().SequenceEqual(other.Share)))
        {
            return null;
        }

        return Interpolate(needed, 0);
    }

    /// <summary>c₀ + c₁ x + c₂ x² + …, by Horner's rule.</summary>
    public static byte Evaluate(ReadOnlySpan<byte> coefficients, byte x)
    {
        byte value = 0;
        for (var i = coefficients.Length - 1; i >= 0; i--)
        {
            value = (byte)(Multiply(value, x) ^ coefficients[i]);
        }

        return value;
    }

    /// <summary>Lagrange's polynomial through all points, at <paramref name="at"/>. Numbers are public; only shares are secret.</summary>
    private static byte[] Interpolate(List<(byte Number, byte[] Share)> points, byte at)
    {
        var value = new byte[points[0].Share.Length];
        foreach (var (number, share) in points)
        {
            byte weight = 1;
            foreach (var (other, _) in points.Where(point => point.Number != number))
            {
                weight = Multiply(weight, Multiply((byte)(at ^ other), Inverse((byte)(number ^ other))));
            }

            for (var position = 0; position < value.Length; position++)
            {
                value[position] ^= Multiply(weight, share[position]);
            }
        }

        return value;
    }

    /// <summary>a⁻¹ = a²⁵⁴, as a²⁵⁵ = 1.</summary>
    private static byte Inverse(byte a)
    {
        byte result = 1;
        for (var i = 0; i < 254; i++)
        {
            result = Multiply(result, a);
        }

        return result;
    }

    /// <summary>Multiplies polynomials over GF(2) and reduces, without a branch or a table.</summary>
    public static byte Multiply(byte a, byte b)
    {
        int product = 0, shifted = a;
        for (var bit = 0; bit < 8; bit++)
        {
            product ^= shifted & -(b >> bit & 1);
            shifted = shifted << 1 ^ (0x11b & -(shifted >> 7));
        }

        return (byte)product;
    }
}
