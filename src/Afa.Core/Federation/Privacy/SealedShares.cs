using System.Security.Cryptography;
using System.Text;

namespace Afa.Federation.Privacy;

/// <summary>Two shares on their way from one client to another, through a server that cannot read them: AES-256-GCM (NIST SP 800-38D).</summary>
/// <remarks>A nonce, random, of 12 bytes; the encrypted shares; a tag of 16 bytes. Sender, receiver and context are authenticated with them.</remarks>
internal static class SealedShares
{
    /// <summary>Bytes of what is sealed: a share of the private mask key, then one of the self mask's key.</summary>
    public const int PlainLength = 2 * KeyAgreement.KeyLength;

    /// <summary>Bytes of a message.</summary>
    public const int Length = NonceLength + PlainLength + TagLength;

    private const int NonceLength = 12;
    private const int TagLength = 16;

    public static byte[] Seal(byte[] key, ReadOnlySpan<byte> shares, int sender, int receiver, string context)
    {
        var message = new byte[Length];
        var nonce = message.AsSpan(0, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(key, TagLength);
        cipher.Encrypt(nonce, shares, message.AsSpan(NonceLength, PlainLength), message.AsSpan(NonceLength + PlainLength), AssociatedData(sender, receiver, context));
        return message;
    }

    /// <summary>The shares. The caller clears them.</summary>
    /// <exception cref="InvalidDataException">The message is not what the sender sealed for this receiver in this context.</exception>
    public static byte[] Open(byte[] key, byte[] message, int sender, int receiver, string context)
    {
        if (message.Length != Length)
        {
            throw new InvalidDataException($"The encrypted share of client {sender} must have {Length} bytes, not {message.Length}.");
        }

        var shares = new byte[PlainLength];
        using var cipher = new AesGcm(key, TagLength);
        try
        {
            cipher.Decrypt(
                message.AsSpan(0, NonceLength), message.AsSpan(NonceLength, PlainLength), message.AsSpan(NonceLength + PlainLength), shares,
                AssociatedData(sender, receiver, context));
        }
        catch (AuthenticationTagMismatchException exception)
        {
            throw new InvalidDataException($"The encrypted share of client {sender} was not made by it for client {receiver} in this aggregation, or was changed on its way.", exception);
        }

        return shares;
    }

    private static byte[] AssociatedData(int sender, int receiver, string context) => Encoding.UTF8.GetBytes($"{sender} {receiver} {context}");
}
