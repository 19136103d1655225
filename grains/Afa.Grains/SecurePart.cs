using Afa.Federation.Privacy;

namespace Afa.Grains;

/// <summary>A participant's part in one attempt to add up. Each step is done once: a call that comes twice gets the first answer again, as the others may have that already.</summary>
internal sealed class SecurePart(SecureSum sum, SecureAggregationClient client) : IDisposable
{
    private IReadOnlyList<byte[]?>? _shares;
    private bool _hasReceived;

    public SecureSum Sum => sum;

    public SecureAggregationClient Client => client;

    /// <inheritdoc cref="SecureAggregationClient.ShareKeys"/>
    public IReadOnlyList<byte[]?> ShareKeys(IReadOnlyList<byte[]?> publicKeys) => _shares ??= client.ShareKeys(publicKeys);

    /// <inheritdoc cref="SecureAggregationClient.Receive"/>
    public bool Receive(IReadOnlyList<byte[]?> encryptedShares)
    {
        if (!_hasReceived)
        {
            client.Receive(encryptedShares);
            _hasReceived = true;
        }

        return _hasReceived;
    }

    public void Dispose() => client.Dispose();
}
