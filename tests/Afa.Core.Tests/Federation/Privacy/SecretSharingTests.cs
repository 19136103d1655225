using System.Security.Cryptography;
using Afa.Federation.Privacy;
using CsCheck;
using Xunit;

namespace Afa.Tests.Federation.Privacy;

public sealed class SecretSharingTests
{
    /// <summary>FIPS 197, section 4.2: {57} · {83} = {c1}; and {57} · {13} = {fe}.</summary>
    [Theory]
    [InlineData(0x57, 0x83, 0xc1)]
    [InlineData(0x57, 0x13, 0xfe)]
    [InlineData(0x02, 0x80, 0x1b)]
    [InlineData(0x01, 0xff, 0xff)]
    [InlineData(0x00, 0xff, 0x00)]
    public void Multiply_IsThatOfTheStandard(byte a, byte b, byte product)
    {
        Assert.Equal(product, SecretSharing.Multiply(a, b));
        Assert.Equal(product, SecretSharing.Multiply(b, a));
    }

    [Fact]
    public void Combine_AnyThresholdShares_GiveTheSecret()
    {
        var secret = RandomNumberGenerator.GetBytes(32);
        var shares = Numbered(SecretSharing.Split(secret, 6, 3));
        for (var subset = 0; subset < 1 << 6; subset++)
        {
            var chosen = shares.Where((_, i) => (subset >> i & 1) == 1).ToList();
            if (chosen.Count >= 3)
            {
                Assert.Equal(secret, SecretSharing.Combine(chosen, 3));
            }
            else
            {
                Assert.Throws<ArgumentOutOfRangeException>(() => SecretSharing.Combine(chosen, 3));
            }
        }
    }

    [Fact]
    public void Combine_RandomSizes_GiveTheSecret()
    {
        var cases =
            from secret in Gen.Byte.Array[1, 8]
            from shares in Gen.Int[1, 40]
            from threshold in Gen.Int[1, shares]
            from seed in Gen.Int
            select (secret, shares, threshold, seed);
        cases.Sample(
            c =>
            {
                var shares = Numbered(SecretSharing.Split(c.secret, c.shares, c.threshold)).ToArray();
                new Random(c.seed).Shuffle(shares);
                Assert.Equal(c.secret, SecretSharing.Combine(shares[..c.threshold], c.threshold));
            },
            iter: 100, threads: 1);
    }

    [Fact]
    public void Combine_MostShares_GivesTheSecret()
    {
        byte[] secret = [42];
        var shares = Numbered(SecretSharing.Split(secret, 255, 128));

        Assert.Equal(secret, SecretSharing.Combine([.. shares.Skip(127)], 128));
    }

    /// <summary>Of a polynomial with free coefficients, one share fewer than needed takes each value equally often, whatever the secret: here for all of them.</summary>
    [Fact]
    public void Evaluate_OneShareOfTwo_IsEquallyLikelyForEverySecret()
    {
        for (var secret = 0; secret < 256; secret++)
        {
            var seen = new HashSet<byte>();
            for (var coefficient = 0; coefficient < 256; coefficient++)
            {
                seen.Add(SecretSharing.Evaluate([(byte)secret, (byte)coefficient], 7));
            }

            Assert.Equal(256, seen.Count);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(201)]
    public void Evaluate_TwoSharesOfThree_AreEquallyLikelyForEverySecret(byte secret)
    {
        var seen = new HashSet<(byte, byte)>();
        for (var coefficients = 0; coefficients < 65_536; coefficients++)
        {
            byte[] polynomial = [secret, (byte)coefficients, (byte)(coefficients >> 8)];
            seen.Add((SecretSharing.Evaluate(polynomial, 1), SecretSharing.Evaluate(polynomial, 255)));
        }

        Assert.Equal(65_536, seen.Count);
    }

    /// <summary>Split draws all coefficients but the secret: a share of a fixed secret is uniform. 255 degrees of freedom, p &lt; 1e-9 on either side.</summary>
    [Fact]
    public void Split_SharesOfAFixedSecret_AreUniform()
    {
        var shares = SecretSharing.Split(new byte[20_000], 3, 3);

        Assert.All(shares, share => Assert.InRange(Uniformity.ChiSquared(share), Uniformity.Least, Uniformity.Most));
    }

    [Fact]
    public void Combine_MoreSharesThatContradictEachOther_GiveNothing()
    {
        var shares = SecretSharing.Split(new byte[4], 5, 3);
        shares[4][2] ^= 1;

        Assert.Null(SecretSharing.Combine(Numbered(shares), 3));
        Assert.NotNull(SecretSharing.Combine(Numbered(shares[..4]), 3));
    }

    private static List<(byte Number, byte[] Share)> Numbered(byte[][] shares) => [.. shares.Select((share, i) => ((byte)(i + 1), share))];
}
