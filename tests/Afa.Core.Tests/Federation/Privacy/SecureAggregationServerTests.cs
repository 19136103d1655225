using Afa.Federation.Privacy;
using Xunit;

namespace Afa.Tests.Federation.Privacy;

public sealed class SecureAggregationServerTests
{
    private static readonly int[] s_all = [0, 1, 2, 3, 4];

    // For each of the five clients: its number, which secret, a share of 32 bytes.
    private const int EntryLength = 34;

    [Fact]
    public void Recover_TooFewSurvivorsOrAnswers_IsRefused()
    {
        using var round = Shared();
        using var server = round.Server(s_all);

        Assert.Throws<InvalidOperationException>(() => server.Recover(s_all, [0, 1], new byte[]?[5]));
        Assert.Throws<InvalidOperationException>(() => server.Recover(s_all, [0, 1, 2], round.Reveals([0, 1, 2], [0, 2])));
        Assert.Throws<InvalidOperationException>(() => server.Unmask(0, new uint[1]));
        server.Recover(s_all, [0, 1, 2], round.Reveals([0, 1, 2], [0, 1, 2]));
    }

    [Fact]
    public void Recover_MalformedReveal_NamesItsSender()
    {
        using var round = Shared();
        using var server = round.Server(s_all);
        int[] survivors = [0, 1, 2, 3];
        var reveals = round.Reveals(survivors, survivors);

        Assert.Contains("client 2 reveals must have 170 bytes for 5 clients, not 1", Refused(server, survivors, With(reveals, 2, [1])), StringComparison.Ordinal);
        Assert.Contains("Client 2 reveals", Refused(server, survivors, With(reveals, 2, Changed(reveals[2]!, 0))), StringComparison.Ordinal);
        Assert.Contains("Client 2 reveals", Refused(server, survivors, With(reveals, 2, Changed(reveals[2]!, 4 * EntryLength + 1))), StringComparison.Ordinal);
        Assert.Contains("client 4", Refused(server, survivors, With(reveals, 4, reveals[2]!)), StringComparison.Ordinal);
    }

    [Fact]
    public void Recover_RevealForOtherSurvivors_IsRefused()
    {
        using var round = Shared();
        using var server = round.Server(s_all);
        var reveals = round.Reveals([0, 1, 2, 3], [0, 1, 3]);
        reveals[2] = round.Clients[2].Reveal([0, 1, 2, 4]);

        Assert.Contains("Client 2 reveals", Refused(server, [0, 1, 2, 3], reveals), StringComparison.Ordinal);
    }

    /// <summary>With one share to spare, a changed one contradicts the others; without, a mask key still has its public key to answer to.</summary>
    [Fact]
    public void Recover_ChangedShare_IsRefused()
    {
        using var round = Shared();
        using var server = round.Server(s_all);
        int[] survivors = [0, 1, 2, 3];
        var reveals = round.Reveals(survivors, survivors);
        Assert.Contains("client 1's secret contradict", Refused(server, survivors, With(reveals, 2, Changed(reveals[2]!, EntryLength + 10))), StringComparison.Ordinal);

        var fewest = With(reveals, 3, null);
        Assert.Contains("client 4's mask key", Refused(server, survivors, With(fewest, 2, Changed(reveals[2]!, 4 * EntryLength + 10))), StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => server.Unmask(0, new uint[1]));
        server.Recover(s_all, survivors, fewest);
        server.Unmask(0, new uint[1]);
    }

    [Fact]
    public void Recover_ListsThatCannotBe_AreRefused()
    {
        using var round = Shared();
        using var server = round.Server([0, 1, 2, 3]);

        Assert.Throws<InvalidDataException>(() => server.Recover(s_all, [0, 1, 2], new byte[]?[5]));
        Assert.Throws<InvalidDataException>(() => server.Recover([0, 1, 2], [0, 1, 3], new byte[]?[5]));
        Assert.Throws<InvalidDataException>(() => server.Recover([0, 1, 2], [0, 1, 2], new byte[]?[4]));
    }

    [Fact]
    public void Constructor_MalformedKeys_NamesTheClient()
    {
        using var round = new SecureRound(5, 3);
        var keys = round.PublicKeys(s_all);
        keys[3] = new byte[128];

        Assert.Contains("client 3", Assert.Throws<InvalidDataException>(() => new SecureAggregationServer(5, 3, keys, "context")).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => new SecureAggregationServer(6, 3, keys, "context"));
    }

    private static SecureRound Shared()
    {
        var round = new SecureRound(5, 3);
        round.Share(s_all, s_all);
        return round;
    }

    private static string Refused(SecureAggregationServer server, int[] survivors, byte[]?[] reveals) =>
        Assert.Throws<InvalidDataException>(() => server.Recover(s_all, survivors, reveals)).Message;

    private static byte[]?[] With(byte[]?[] messages, int client, byte[]? message) => [.. messages.Select((other, i) => i == client ? message : other)];

    private static byte[] Changed(byte[] message, int place) => [.. message.Select((value, i) => i == place ? (byte)(value ^ 1) : value)];
}
