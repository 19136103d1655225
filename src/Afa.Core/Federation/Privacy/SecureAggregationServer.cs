using System.Security.Cryptography;

namespace Afa.Federation.Privacy;

/// <summary>The server's part of one secure aggregation, beside passing messages on: takes the masks out of the sum of the survivors' words. See <see cref="SecureAggregationClient"/>.</summary>
/// <remarks>It learns the sum alone: the self masks of survivors, whose pairwise masks it cannot make, and the pairwise masks of dropped clients, whose words are not in the sum. Not thread-safe.</remarks>
public sealed class SecureAggregationServer : IDisposable
{
    private readonly SecureAggregationParties _parties;
    private readonly byte[]?[] _publicKeys;
    private MaskSum? _masks;

    /// <param name="clients">In [2, 255].</param>
    /// <param name="threshold">As the clients have it.</param>
    /// <param name="publicKeys">By client; null for those that gave none.</param>
    /// <param name="context">As the clients have it.</param>
    /// <exception cref="ArgumentException">A number is out of its range, or there is no context.</exception>
    /// <exception cref="InvalidDataException">Keys are malformed, or not of as many clients; the message names the client.</exception>
    public SecureAggregationServer(int clients, int threshold, IReadOnlyList<byte[]?> publicKeys, string context)
    {
        _parties = new(clients, threshold, context);
        _parties.RequireOneEach(publicKeys, "public keys");
        _publicKeys = [.. publicKeys];
        for (var client = 0; client < clients; client++)
        {
            if (publicKeys[client] is { } keys)
            {
                var (forShares, forMasks) = SecureAggregationParties.ImportPublicKeys(keys, client);
                forShares.Dispose();
                forMasks.Dispose();
            }
        }
    }

    /// <summary>Finds the masks that are left in the sum.</summary>
    /// <param name="sharers">The clients that sent encrypted shares (U2 in the paper), whose pairwise masks are in the words.</param>
    /// <param name="survivors">Those of them whose words are in the sum (U3).</param>
    /// <param name="reveals">By client, what the survivors revealed for these survivors; null for those that no longer answered. The threshold is enough.</param>
    /// <exception cref="InvalidDataException">A message is malformed or of another aggregation (the error names its sender), or the shares of a client contradict each other or its public key.</exception>
    /// <exception cref="InvalidOperationException">Survivors or answers are fewer than the threshold.</exception>
    public void Recover(IReadOnlyList<int> sharers, IReadOnlyList<int> survivors, IReadOnlyList<byte[]?> reveals)
    {
        var gaveKeys = Enumerable.Range(0, _parties.Clients).Where(client => _publicKeys[client] is not null).ToHashSet();
        var sharing = SecureAggregationParties.RequireSubset(sharers, gaveKeys, "sharers");
        var surviving = SecureAggregationParties.RequireSubset(survivors, sharing, "survivors");
        _parties.RequireEnough(surviving.Count, "survived");
        _parties.RequireOneEach(reveals, "revealed shares");

        var answering = SecureAggregationParties.RequireSubset([.. Enumerable.Range(0, reveals.Count).Where(client => reveals[client] is not null)], surviving, "clients that reveal shares");
        _parties.RequireEnough(answering.Count, "revealed their shares");
        var shares = answering.Select(client => (Number: (byte)(client + 1), Shares: RevealedShares.Read(reveals[client]!, client, sharing, surviving))).ToList();

        _masks?.Dispose();
        _masks = null;
        var masks = new MaskSum();
        try
        {
            foreach (var client in sharing)
            {
                Include(masks, client, [.. shares.Select(share => (share.Number, share.Shares[client]))], surviving);
            }
        }
        catch
        {
            masks.Dispose();
            throw;
        }

        _masks = masks;
    }

    /// <summary>Takes all masks out of a slice of the sum of the survivors' words, modulo 2³²; <see cref="FixedPointCode.DecodeSum"/> reads the result.</summary>
    /// <param name="offset">Place of the slice in the update, as the clients had it.</param>
    /// <exception cref="InvalidOperationException">The masks have not been recovered.</exception>
    public void Unmask(long offset, Span<uint> sum)
    {
        var masks = _masks ?? throw new InvalidOperationException("The masks of a sum must be recovered before they are taken out.");
        masks.AddTo(sum, offset);
    }

    /// <summary>Clears the recovered keys.</summary>
    public void Dispose() => _masks?.Dispose();

    /// <summary>Takes up what is left of a client in the sum: the self mask of a survivor, or what a dropped client shares with each survivor.</summary>
    private void Include(MaskSum masks, int client, IReadOnlyList<(byte Number, byte[] Share)> shares, SortedSet<int> survivors)
    {
        var secret = SecretSharing.Combine(shares, _parties.Threshold)
            ?? throw new InvalidDataException($"The revealed shares of client {client}'s secret contradict each other.");
        try
        {
            if (survivors.Contains(client))
            {
                masks.Include(secret, isAdded: false);
            }
            else
            {
                IncludeDropped(masks, client, secret, survivors);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private void IncludeDropped(MaskSum masks, int dropped, byte[] privateKey, SortedSet<int> survivors)
    {
        using var maskKey = ImportMaskKey(dropped, privateKey);
        foreach (var survivor in survivors)
        {
            var (forShares, forMasks) = SecureAggregationParties.ImportPublicKeys(_publicKeys[survivor]!, survivor);
            using (forShares)
            using (forMasks)
            {
                // A survivor adds the mask that it shares with a higher number, so that it is subtracted here.
                var key = KeyAgreement.Derive(maskKey, forMasks, "masks", dropped, survivor, _parties.Context);
                masks.Include(key, isAdded: dropped < survivor);
                CryptographicOperations.ZeroMemory(key);
            }
        }
    }

    private ECDiffieHellman ImportMaskKey(int client, byte[] privateKey)
    {
        ECDiffieHellman? key = null;
        try
        {
            key = KeyAgreement.ImportPrivate(privateKey);
        }
        catch (CryptographicException)
        {
            // No key at all: as wrong as one that is not the client's.
        }

        if (key is null || !KeyAgreement.ExportPublic(key).AsSpan().SequenceEqual(_publicKeys[client].AsSpan(KeyAgreement.PublicLength)))
        {
            key?.Dispose();
            throw new InvalidDataException($"The revealed shares of client {client}'s mask key do not give the key that it announced.");
        }

        return key;
    }
}
