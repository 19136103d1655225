namespace Afa.Federation.Privacy;

/// <summary>What a client reveals at the end: one share of each client's secret, in the order of their numbers.</summary>
/// <remarks>For each: its number, then 1 for a share of the self mask's key or 0 for one of the private mask key, then the share.</remarks>
internal static class RevealedShares
{
    private const int EntryLength = 2 + KeyAgreement.KeyLength;

    /// <param name="held">By client: <see cref="SealedShares.PlainLength"/> bytes for each of <paramref name="sharers"/>.</param>
    public static byte[] Write(IReadOnlyList<byte[]?> held, IEnumerable<int> sharers, IReadOnlySet<int> survivors)
    {
        using var message = new MemoryStream();
        foreach (var client in sharers)
        {
            var isSurvivor = survivors.Contains(client);
            message.WriteByte((byte)client);
            message.WriteByte(isSurvivor ? (byte)1 : (byte)0);
            message.Write(held[client]!, isSurvivor ? KeyAgreement.KeyLength : 0, KeyAgreement.KeyLength);
        }

        return message.ToArray();
    }

    /// <summary>By client, the share that <paramref name="sender"/> revealed.</summary>
    /// <exception cref="InvalidDataException">The message is of other clients, or shows another secret of one than it should.</exception>
    public static Dictionary<int, byte[]> Read(byte[] message, int sender, IReadOnlySet<int> sharers, IReadOnlySet<int> survivors)
    {
        if (message.Length != sharers.Count * EntryLength)
        {
            throw new InvalidDataException($"What client {sender} reveals must have {sharers.Count * EntryLength} bytes for {sharers.Count} clients, not {message.Length}.");
        }

        var shares = new Dictionary<int, byte[]>();
        foreach (var (entry, client) in sharers.Order().Index())
        {
            var bytes = message.AsSpan(entry * EntryLength, EntryLength);
            if (bytes[0] != client || bytes[1] != (survivors.Contains(client) ? 1 : 0))
            {
                throw new InvalidDataException($"Client {sender} reveals shares for other sharers or survivors than those of this aggregation; its entry {entry} should be of client {client}.");
            }

            shares.Add(client, bytes[2..].ToArray());
        }

        return shares;
    }
}
