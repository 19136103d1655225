using Afa.Federation.Privacy;

namespace Afa.Tests.Federation.Privacy;

/// <summary>A secure aggregation in one place: all clients, and the messages that the server passes on. Whoever is not in a list has dropped out by then.</summary>
internal sealed class SecureRound : IDisposable
{
    public SecureRound(int clients, int threshold, double range = 4, string context = "federation/round-1")
    {
        Threshold = threshold;
        Context = context;
        Code = new(range, clients);
        Clients = [.. Enumerable.Range(0, clients).Select(index => new SecureAggregationClient(index, clients, threshold, Code, context))];
    }

    public int Threshold { get; }

    public string Context { get; }

    public FixedPointCode Code { get; }

    public SecureAggregationClient[] Clients { get; }

    /// <summary>[sender][receiver].</summary>
    public IReadOnlyList<byte[]?>?[] Shares { get; private set; } = [];

    public byte[]?[] PublicKeys(IEnumerable<int> from) => Each(from, client => Clients[client].PublicKeys);

    /// <summary>The clients of <paramref name="keyed"/> give keys, those of <paramref name="sharers"/> shares, and receive the others'.</summary>
    public void Share(IEnumerable<int> keyed, IReadOnlyList<int> sharers)
    {
        Deal(keyed, sharers);
        foreach (var client in sharers)
        {
            Clients[client].Receive(SharesFor(client));
        }
    }

    public void Deal(IEnumerable<int> keyed, IReadOnlyList<int> sharers)
    {
        var keys = PublicKeys(keyed);
        Shares = Each(sharers, client => Clients[client].ShareKeys(keys));
    }

    public byte[]?[] SharesFor(int receiver) => [.. Shares.Select(shares => shares?[receiver])];

    public SecureAggregationServer Server(IEnumerable<int> keyed) => new(Clients.Length, Threshold, PublicKeys(keyed), Context);

    public byte[]?[] Reveals(IReadOnlyList<int> survivors, IEnumerable<int> answering) => Each(answering, client => Clients[client].Reveal(survivors));

    /// <summary>The sum of the clients' masked words, by slices.</summary>
    public uint[] MaskedSum(IEnumerable<int> clients, IReadOnlyList<float[]> updates, int slice)
    {
        var sum = new uint[updates[0].Length];
        foreach (var client in clients)
        {
            var words = Masked(client, updates[client], slice);
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] = unchecked(sum[i] + words[i]);
            }
        }

        return sum;
    }

    public uint[] Masked(int client, float[] update, int slice)
    {
        var words = new uint[update.Length];
        for (var start = 0; start < words.Length; start += slice)
        {
            var length = Math.Min(slice, words.Length - start);
            Clients[client].Mask(update.AsSpan(start, length), start, words.AsSpan(start, length));
        }

        return words;
    }

    public void Dispose()
    {
        foreach (var client in Clients)
        {
            client.Dispose();
        }
    }

    private T?[] Each<T>(IEnumerable<int> clients, Func<int, T> message)
        where T : class
    {
        var messages = new T?[Clients.Length];
        foreach (var client in clients)
        {
            messages[client] = message(client);
        }

        return messages;
    }
}
