using System.Security.Cryptography;

namespace Afa.Federation.Privacy;

/// <summary>
/// One client of one secure aggregation: Bonawitz et al. 2017 ("Practical Secure Aggregation for Privacy-Preserving Machine Learning"), figure 4,
/// against a server that follows the protocol and is curious. The server sees masked words and their sum, no single update.
/// </summary>
/// <remarks>
/// In order: <see cref="PublicKeys"/>, <see cref="ShareKeys"/>, <see cref="Receive"/>, <see cref="Mask"/> for all slices, <see cref="Reveal"/>. The words
/// carry a mask shared with each other client, which cancel in the sum, and a self mask, which protects a client that is taken for dropped and was
/// only late. Clients that drop out after <see cref="Receive"/> leave masks in the sum that the others' shares can take out.
/// <para>Departures: keys carry no signatures, as there is no public-key infrastructure: a server that puts its own keys in the place of others' is outside the
/// model, and so is a client that lies. Numbers of clients are at most 255, the shares of GF(256). With a threshold above half of the clients, no
/// two sets of survivors can each reach it with other clients, so that even contradictory requests do not give the server both secrets of one.</para>
/// One object is one round's: a round that is repeated needs new ones. Not thread-safe.
/// </remarks>
public sealed class SecureAggregationClient : IDisposable
{
    private readonly int _index;
    private readonly SecureAggregationParties _parties;
    private readonly FixedPointCode _code;
    private readonly ECDiffieHellman _shareKey = KeyAgreement.Create();
    private readonly ECDiffieHellman _maskKey = KeyAgreement.Create();
    private readonly byte[] _selfMask = GC.AllocateArray<byte>(KeyAgreement.KeyLength, pinned: true);

    // By client: the keys that shares from it are sealed with and that its masks are made of, and the shares of its secrets that this one holds.
    private readonly byte[]?[] _sealKeys;
    private readonly byte[]?[] _maskKeys;
    private readonly byte[]?[] _heldShares;
    private bool _hasShared;
    private SortedSet<int>? _sharers;
    private MaskSum? _masks;
    private SortedSet<int>? _survivors;
    private bool _isDisposed;

    /// <param name="index">This client's number, in [0, clients).</param>
    /// <param name="clients">In [2, 255].</param>
    /// <param name="threshold">How many must survive to the end, in [2, clients]; more than half is advised.</param>
    /// <param name="code">The same for all, for as many clients at least.</param>
    /// <param name="context">The same for all and for no other aggregation, such as federation, round and attempt.</param>
    /// <exception cref="ArgumentException">A number is out of its range, or there is no context.</exception>
    public SecureAggregationClient(int index, int clients, int threshold, FixedPointCode code, string context)
    {
        _parties = new(clients, threshold, context);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, clients);
        if (code.Clients < clients)
        {
            throw new ArgumentException($"The fixed-point code must be for {clients} clients at least, not {code.Clients}: their sum could wrap around.", nameof(code));
        }

        _index = index;
        _code = code;
        _sealKeys = new byte[]?[clients];
        _maskKeys = new byte[]?[clients];
        _heldShares = new byte[]?[clients];
        RandomNumberGenerator.Fill(_selfMask);
        PublicKeys = [.. KeyAgreement.ExportPublic(_shareKey), .. KeyAgreement.ExportPublic(_maskKey)];
    }

    /// <summary>128 bytes, for all other clients.</summary>
    public byte[] PublicKeys { get; }

    /// <summary>Agrees on keys with the others and splits this client's secrets among them.</summary>
    /// <param name="publicKeys">By client, this one's among them; null for those that gave none.</param>
    /// <returns>By client, what only it can read; null for this one and for those that gave no keys.</returns>
    /// <exception cref="InvalidDataException">Keys are malformed, or not of as many clients; the message names the client.</exception>
    /// <exception cref="InvalidOperationException">Too few clients gave keys, or this is the second call.</exception>
    public IReadOnlyList<byte[]?> ShareKeys(IReadOnlyList<byte[]?> publicKeys)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_hasShared)
        {
            throw new InvalidOperationException($"Client {_index} has shared its keys already; an aggregation that begins again needs new ones.");
        }

        RequirePlausible(publicKeys);
        foreach (var other in Present(publicKeys).Where(other => other != _index))
        {
            var (forShares, forMasks) = SecureAggregationParties.ImportPublicKeys(publicKeys[other]!, other);
            using (forShares)
            using (forMasks)
            {
                _sealKeys[other] = KeyAgreement.Derive(_shareKey, forShares, "shares", _index, other, _parties.Context);
                _maskKeys[other] = KeyAgreement.Derive(_maskKey, forMasks, "masks", _index, other, _parties.Context);
            }
        }

        _hasShared = true;
        return SealShares();
    }

    /// <summary>Takes the others' shares. Who sent one takes part from here on, this client among them.</summary>
    /// <param name="encryptedShares">By client; null for those that sent none. This client's own entry is not looked at.</param>
    /// <exception cref="InvalidDataException">A share was not made by its sender for this client; the message names the sender.</exception>
    /// <exception cref="InvalidOperationException">Too few sent one, or the call is out of order.</exception>
    public void Receive(IReadOnlyList<byte[]?> encryptedShares)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!_hasShared || _masks is not null)
        {
            throw new InvalidOperationException($"Client {_index} receives shares once, after it has shared its own.");
        }

        _parties.RequireOneEach(encryptedShares, "encrypted shares");
        var sharers = new SortedSet<int>(Present(encryptedShares)) { _index };
        _parties.RequireEnough(sharers.Count, "shared their keys");
        foreach (var other in sharers.Where(other => other != _index))
        {
            var key = _sealKeys[other] ?? throw new InvalidDataException($"Client {other} sent a share, but its public keys never came.");
            _heldShares[other] = SealedShares.Open(key, encryptedShares[other]!, other, _index, _parties.Context);
        }

        _masks = new();
        _masks.Include(_selfMask, isAdded: true);
        foreach (var other in sharers.Where(other => other != _index))
        {
            // The two signs of a pair differ, so that its mask cancels in the sum.
            _masks.Include(_maskKeys[other]!, isAdded: _index < other);
        }

        _sharers = sharers;
    }

    /// <summary>Encodes a slice of the update and hides it. Without the masks, nothing can be told from any number of slices.</summary>
    /// <param name="values">Of an update, finite; clamped to the range of the code and then weighted.</param>
    /// <param name="offset">Place of the slice in the update, 0 or more. A place is for one value: two under the same mask show their difference.</param>
    /// <param name="masked">As long as <paramref name="values"/>.</param>
    /// <param name="weight">Of the update in the sum, in (0, clients]; the clients' come to at most as many as they are.</param>
    /// <exception cref="ArgumentException">A value is not finite, or the weight is out of its range.</exception>
    /// <exception cref="InvalidOperationException">Shares have not been received yet, or some have been revealed.</exception>
    public void Mask(ReadOnlySpan<float> values, long offset, Span<uint> masked, double weight = 1)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_masks is null || _survivors is not null)
        {
            throw new InvalidOperationException($"Client {_index} masks values after it has received the others' shares and before it reveals any.");
        }

        if (values.Length != masked.Length)
        {
            throw new ArgumentException($"There must be as many words as values, {values.Length}, not {masked.Length}.", nameof(masked));
        }

        // Masks first: whatever happens then, no word is left bare.
        masked.Clear();
        _masks.AddTo(masked, offset);
        for (var i = 0; i < values.Length; i++)
        {
            masked[i] = unchecked(masked[i] + _code.Encode(values[i], weight));
        }
    }

    /// <summary>Reveals this client's share of each survivor's self mask and of each dropped client's mask key: never both of one client.</summary>
    /// <param name="survivors">The clients whose masked words the server sums, in any order.</param>
    /// <returns>The same for the same survivors, however often it is called.</returns>
    /// <exception cref="InvalidDataException">The list names a client twice, or one without part in this, or leaves out this client.</exception>
    /// <exception cref="InvalidOperationException">Survivors are fewer than the threshold, or other than at an earlier call.</exception>
    public byte[] Reveal(IReadOnlyList<int> survivors)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var sharers = _sharers ?? throw new InvalidOperationException($"Client {_index} reveals shares after it has received the others'.");
        var set = SecureAggregationParties.RequireSubset(survivors, sharers, "survivors");
        if (!set.Contains(_index))
        {
            throw new InvalidDataException($"Client {_index} is asked to reveal shares, but is not among the survivors.");
        }

        _parties.RequireEnough(set.Count, "survived");
        if (_survivors is not null && !_survivors.SetEquals(set))
        {
            throw new InvalidOperationException($"Client {_index} has revealed shares for the survivors {string.Join(", ", _survivors)}; with those for {string.Join(", ", set)}, single updates could be unmasked.");
        }

        _survivors = set;
        return RevealedShares.Write(_heldShares, sharers, set);
    }

    /// <summary>Clears all secrets.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _masks?.Dispose();
        _shareKey.Dispose();
        _maskKey.Dispose();
        foreach (var secret in _sealKeys.Concat(_maskKeys).Concat(_heldShares).Append(_selfMask))
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private void RequirePlausible(IReadOnlyList<byte[]?> publicKeys)
    {
        _parties.RequireOneEach(publicKeys, "public keys");
        _parties.RequireEnough(Present(publicKeys).Count(), "gave public keys");
        if (publicKeys[_index] is not { } own || !own.AsSpan().SequenceEqual(PublicKeys))
        {
            throw new InvalidDataException($"The public keys of client {_index} are not those that it gave.");
        }

        // Also this client's own, which would make it mask its update with what it shares with nobody.
        var owners = new Dictionary<string, int>();
        foreach (var client in Present(publicKeys))
        {
            var owner = owners.GetValueOrDefault(Convert.ToHexString(publicKeys[client]!), client);
            if (owner != client)
            {
                throw new InvalidDataException($"Clients {owner} and {client} gave the same public keys.");
            }

            owners.Add(Convert.ToHexString(publicKeys[client]!), client);
        }
    }

    private byte[]?[] SealShares()
    {
        var privateKey = KeyAgreement.ExportPrivate(_maskKey);
        var keyShares = SecretSharing.Split(privateKey, _parties.Clients, _parties.Threshold);
        var selfMaskShares = SecretSharing.Split(_selfMask, _parties.Clients, _parties.Threshold);
        CryptographicOperations.ZeroMemory(privateKey);

        var messages = new byte[]?[_parties.Clients];
        for (var client = 0; client < messages.Length; client++)
        {
            byte[] shares = [.. keyShares[client], .. selfMaskShares[client]];
            if (client == _index)
            {
                _heldShares[client] = shares;
            }
            else
            {
                messages[client] = _sealKeys[client] is { } key ? SealedShares.Seal(key, shares, _index, client, _parties.Context) : null;
                CryptographicOperations.ZeroMemory(shares);
            }

            CryptographicOperations.ZeroMemory(keyShares[client]);
            CryptographicOperations.ZeroMemory(selfMaskShares[client]);
        }

        return messages;
    }

    private static IEnumerable<int> Present(IReadOnlyList<byte[]?> messages) => Enumerable.Range(0, messages.Count).Where(client => messages[client] is not null);
}
