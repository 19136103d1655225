using Afa.Federation.Privacy;
using Xunit;

namespace Afa.Tests.Federation.Privacy;

public sealed class SecureAggregationClientTests
{
    private static readonly int[] s_all = [0, 1, 2, 3];

    [Fact]
    public void ShareKeys_MalformedKeys_NamesTheClient()
    {
        using var round = new SecureRound(4, 3);
        var keys = round.PublicKeys(s_all);

        keys[2] = new byte[127];
        Assert.Contains("client 2 must have 128 bytes, not 127", Refused(() => round.Clients[0].ShareKeys(keys)), StringComparison.Ordinal);

        keys[2] = new byte[128];
        Assert.Contains("client 2 are not points", Refused(() => round.Clients[0].ShareKeys(keys)), StringComparison.Ordinal);

        keys[2] = [.. round.Clients[2].PublicKeys];
        keys[2]![^1] ^= 1;
        Assert.Contains("client 2 are not points", Refused(() => round.Clients[0].ShareKeys(keys)), StringComparison.Ordinal);

        keys[2] = keys[3];
        Assert.Contains("Clients 2 and 3", Refused(() => round.Clients[0].ShareKeys(keys)), StringComparison.Ordinal);

        keys[2] = keys[0];
        Assert.Contains("Clients 0 and 2", Refused(() => round.Clients[0].ShareKeys(keys)), StringComparison.Ordinal);
        Assert.Contains("4 clients", Refused(() => round.Clients[0].ShareKeys(keys[..3])), StringComparison.Ordinal);
    }

    [Fact]
    public void ShareKeys_OwnKeysChanged_IsRefused()
    {
        using var round = new SecureRound(4, 3);
        using var other = new SecureRound(4, 3);
        var keys = round.PublicKeys(s_all);
        keys[0] = other.Clients[0].PublicKeys;

        Assert.Contains("client 0 are not those that it gave", Refused(() => round.Clients[0].ShareKeys(keys)), StringComparison.Ordinal);
    }

    [Fact]
    public void ShareKeys_TooFewOrTwice_IsRefused()
    {
        using var round = new SecureRound(4, 3);

        Assert.Throws<InvalidOperationException>(() => round.Clients[0].ShareKeys(round.PublicKeys([0, 1])));
        var shares = round.Clients[0].ShareKeys(round.PublicKeys([0, 1, 3]));
        Assert.Equal([true, false, true, false], shares.Select(share => share is null));
        Assert.Throws<InvalidOperationException>(() => round.Clients[0].ShareKeys(round.PublicKeys(s_all)));
    }

    [Fact]
    public void Receive_ChangedShare_NamesTheSender()
    {
        using var round = new SecureRound(4, 3);
        round.Deal(s_all, s_all);
        for (var place = 0; place < round.Shares[1]![0]!.Length; place += 13)
        {
            var shares = round.SharesFor(0);
            shares[1] = [.. shares[1]!];
            shares[1]![place] ^= 0x10;
            Assert.Contains("client 1 was not made by it", Refused(() => round.Clients[0].Receive(shares)), StringComparison.Ordinal);
        }

        var shortened = round.SharesFor(0);
        shortened[1] = shortened[1]![..^1];
        Assert.Contains("client 1 must have", Refused(() => round.Clients[0].Receive(shortened)), StringComparison.Ordinal);
    }

    [Fact]
    public void Receive_ForeignShare_NamesTheSender()
    {
        using var round = new SecureRound(4, 3);
        round.Deal(s_all, s_all);

        // For another receiver, back to its sender, or from another sender.
        foreach (var foreign in new[] { round.Shares[1]![2], round.Shares[0]![1], round.Shares[3]![0] })
        {
            var shares = round.SharesFor(0);
            shares[1] = foreign;
            Assert.Contains("client 1 was not made by it", Refused(() => round.Clients[0].Receive(shares)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Receive_ShareOfAnotherContext_IsRefused()
    {
        using var round = new SecureRound(2, 2);
        using var stranger = new SecureAggregationClient(1, 2, 2, round.Code, "another federation");
        byte[]?[] keys = [round.Clients[0].PublicKeys, stranger.PublicKeys];
        round.Clients[0].ShareKeys(keys);
        var shares = stranger.ShareKeys(keys);

        Assert.Contains("client 1 was not made by it", Refused(() => round.Clients[0].Receive([null, shares[0]])), StringComparison.Ordinal);
    }

    [Fact]
    public void Receive_ShareWithoutKeys_IsRefused()
    {
        using var round = new SecureRound(4, 3);
        round.Deal([0, 1, 2], [0, 1, 2]);
        var shares = round.SharesFor(0);
        shares[3] = new byte[92];

        Assert.Contains("Client 3", Refused(() => round.Clients[0].Receive(shares)), StringComparison.Ordinal);
    }

    [Fact]
    public void Receive_TooFewOrOutOfOrder_IsRefused()
    {
        using var round = new SecureRound(4, 3);
        Assert.Throws<InvalidOperationException>(() => round.Clients[0].Receive(new byte[]?[4]));
        round.Deal(s_all, [0, 1]);
        Assert.Throws<InvalidOperationException>(() => round.Clients[0].Receive(round.SharesFor(0)));
    }

    [Fact]
    public void Mask_OutOfOrder_IsRefused()
    {
        using var round = new SecureRound(4, 3);
        round.Deal(s_all, s_all);
        Assert.Throws<InvalidOperationException>(() => round.Clients[0].Mask([1f], 0, new uint[1]));

        round.Clients[0].Receive(round.SharesFor(0));
        Assert.Throws<ArgumentException>(() => round.Clients[0].Mask([1f], 0, new uint[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => round.Clients[0].Mask([1f], -1, new uint[1]));

        round.Clients[0].Reveal(s_all);
        Assert.Throws<InvalidOperationException>(() => round.Clients[0].Mask([1f], 0, new uint[1]));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Mask_NotFinite_LeavesNoBareWord(float value)
    {
        using var round = new SecureRound(4, 3);
        round.Share(s_all, s_all);
        var words = new uint[3];

        Assert.Throws<ArgumentException>(() => round.Clients[0].Mask([0, 0, value], 0, words));
        Assert.DoesNotContain(0u, words);   // Else in one of 10⁹ cases.
    }

    [Fact]
    public void Reveal_OtherSurvivorsThanBefore_IsRefused()
    {
        using var round = new SecureRound(4, 3);
        round.Share(s_all, s_all);
        var reveal = round.Clients[0].Reveal([0, 1, 2]);

        Assert.Equal(reveal, round.Clients[0].Reveal([2, 1, 0]));
        Assert.Throws<InvalidOperationException>(() => round.Clients[0].Reveal([0, 1, 3]));
        Assert.Throws<InvalidOperationException>(() => round.Clients[0].Reveal(s_all));
        Assert.Equal(reveal, round.Clients[0].Reveal([0, 1, 2]));
    }

    [Fact]
    public void Reveal_TooFewSurvivors_IsRefused()
    {
        using var round = new SecureRound(4, 3);
        round.Share(s_all, s_all);

        Assert.Contains("3 of the 4 clients; 2 survived", Assert.Throws<InvalidOperationException>(() => round.Clients[0].Reveal([0, 1])).Message, StringComparison.Ordinal);
        round.Clients[0].Reveal([0, 1, 2]);   // A refusal does not bind.
    }

    [Fact]
    public void Reveal_ListsThatCannotBe_AreRefused()
    {
        using var round = new SecureRound(4, 2);
        round.Share(s_all, [0, 1, 2]);

        Assert.Contains("client 3", Refused(() => round.Clients[0].Reveal([0, 1, 3])), StringComparison.Ordinal);
        Assert.Contains("client -1", Refused(() => round.Clients[0].Reveal([0, 1, -1])), StringComparison.Ordinal);
        Assert.Contains("client 1 twice", Refused(() => round.Clients[0].Reveal([0, 1, 1])), StringComparison.Ordinal);
        Assert.Contains("Client 0", Refused(() => round.Clients[0].Reveal([1, 2])), StringComparison.Ordinal);
    }

    [Fact]
    public void Dispose_EndsAllUse()
    {
        using var round = new SecureRound(4, 3);
        round.Share(s_all, s_all);
        round.Clients[0].Dispose();
        round.Clients[0].Dispose();

        Assert.Throws<ObjectDisposedException>(() => round.Clients[0].Mask([1f], 0, new uint[1]));
        Assert.Throws<ObjectDisposedException>(() => round.Clients[0].Reveal(s_all));
    }

    [Theory]
    [InlineData(-1, 4, 3)]
    [InlineData(4, 4, 3)]
    [InlineData(0, 4, 5)]
    [InlineData(0, 4, 1)]
    [InlineData(0, 256, 3)]
    [InlineData(0, 1, 1)]
    public void Constructor_OutOfRange_IsRefused(int index, int clients, int threshold) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SecureAggregationClient(index, clients, threshold, new FixedPointCode(1, 300), "context"));

    [Fact]
    public void Constructor_CodeForFewerClients_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new SecureAggregationClient(0, 4, 3, new FixedPointCode(1, 3), "context"));

    private static string Refused(Action action) => Assert.Throws<InvalidDataException>(action).Message;
}
