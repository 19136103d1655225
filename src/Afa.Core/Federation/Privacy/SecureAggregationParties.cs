using System.Security.Cryptography;

namespace Afa.Federation.Privacy;

/// <summary>What all parties to a secure aggregation know, and the checks of what they send each other.</summary>
internal sealed class SecureAggregationParties
{
    /// <summary>A key for the encryption of shares, then one for masks.</summary>
    public const int PublicKeysLength = 2 * KeyAgreement.PublicLength;

    /// <param name="threshold">How many shares give a secret, and so how many clients must survive.</param>
    /// <param name="context">Names this one aggregation: keys of two contexts have nothing in common.</param>
    /// <exception cref="ArgumentException">The numbers do not fit, or there is no context.</exception>
    public SecureAggregationParties(int clients, int threshold, string context)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(clients, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(clients, SecretSharing.MostShares);
        ArgumentOutOfRangeException.ThrowIfLessThan(threshold, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threshold, clients);
        ArgumentException.ThrowIfNullOrEmpty(context);
        Clients = clients;
        Threshold = threshold;
        Context = context;
    }

    public int Clients { get; }

    public int Threshold { get; }

    public string Context { get; }

    /// <exception cref="InvalidDataException">There is not one entry for each client.</exception>
    public void RequireOneEach(IReadOnlyList<byte[]?> messages, string what)
    {
        if (messages.Count != Clients)
        {
            throw new InvalidDataException($"There must be one entry of {what} for each of the {Clients} clients, null for those that gave none, not {messages.Count}.");
        }
    }

    /// <exception cref="InvalidOperationException">They are fewer than the threshold.</exception>
    public void RequireEnough(int count, string what)
    {
        if (count < Threshold)
        {
            throw new InvalidOperationException($"Secure aggregation needs {Threshold} of the {Clients} clients; {count} {what}. Begin again with new keys.");
        }
    }

    /// <summary>The clients of a list, in order.</summary>
    /// <exception cref="InvalidDataException">The list names one twice, or one that is not among <paramref name="allowed"/>.</exception>
    public static SortedSet<int> RequireSubset(IReadOnlyList<int> clients, IReadOnlySet<int> allowed, string what)
    {
        var set = new SortedSet<int>();
        foreach (var client in clients)
        {
            if (!allowed.Contains(client))
            {
                throw new InvalidDataException($"The list of {what} names client {client}, which had no part in the step before.");
            }

            if (!set.Add(client))
            {
                throw new InvalidDataException($"The list of {what} names client {client} twice.");
            }
        }

        return set;
    }

    /// <summary>A client's two public keys: for the encryption of shares, and for masks. The caller disposes of them.</summary>
    /// <exception cref="InvalidDataException">They are not two points of the curve.</exception>
    public static (ECDiffieHellman ForShares, ECDiffieHellman ForMasks) ImportPublicKeys(byte[] keys, int client)
    {
        if (keys.Length != PublicKeysLength)
        {
            throw new InvalidDataException($"The public keys of client {client} must have {PublicKeysLength} bytes, not {keys.Length}.");
        }

        ECDiffieHellman? forShares = null;
        try
        {
            forShares = KeyAgreement.ImportPublic(keys.AsSpan(0, KeyAgreement.PublicLength));
            return (forShares, KeyAgreement.ImportPublic(keys.AsSpan(KeyAgreement.PublicLength)));
        }
        catch (CryptographicException exception)
        {
            forShares?.Dispose();
            throw new InvalidDataException($"The public keys of client {client} are not points of the curve P-256.", exception);
        }
    }
}
