using System.Runtime.InteropServices;
using Xunit;

namespace Afa.Tests.Federation.Privacy;

public sealed class SecureAggregationTests
{
    private static readonly int[] s_all = [.. Enumerable.Range(0, 10)];

    /// <summary>Of 10 clients, who drops out where: after its keys, after its shares, after its words.</summary>
    [Theory]
    [InlineData(new int[0], new int[0], new int[0])]
    [InlineData(new int[0], new[] { 2, 7 }, new int[0])]
    [InlineData(new[] { 0 }, new[] { 9 }, new int[0])]
    [InlineData(new[] { 4 }, new int[0], new[] { 0 })]
    [InlineData(new int[0], new[] { 0, 9 }, new[] { 5, 6 })]
    public void Unmask_SumOfTheSurvivors_IsThePlainSum(int[] beforeSharing, int[] afterSharing, int[] afterMasking)
    {
        const int Coordinates = 5003;
        var updates = Updates(Coordinates, seed: 1);
        int[] sharers = [.. s_all.Except(beforeSharing)];
        int[] survivors = [.. sharers.Except(afterSharing)];
        int[] answering = [.. survivors.Except(afterMasking)];
        using var round = new SecureRound(10, 6);
        round.Share(s_all, sharers);
        var sum = round.MaskedSum(survivors, updates, slice: 999);

        using var server = round.Server(s_all);
        server.Recover(sharers, survivors, round.Reveals(survivors, answering));
        for (var start = 0; start < Coordinates; start += 1234)
        {
            server.Unmask(start, sum.AsSpan(start, Math.Min(1234, Coordinates - start)));
        }

        var error = round.Code.LargestError(survivors.Length);
        Assert.InRange(error, 0, 1e-5);
        for (var i = 0; i < Coordinates; i++)
        {
            Assert.Equal(survivors.Sum(client => (double)Math.Clamp(updates[client][i], -4, 4)), round.Code.DecodeSum(sum[i]), error);
        }
    }

    /// <summary>No keys of some clients at all, as if they had never been there.</summary>
    [Fact]
    public void Unmask_WithoutKeysOfSome_IsThePlainSum()
    {
        int[] present = [0, 2, 3];
        var updates = Updates(99, seed: 2);
        using var round = new SecureRound(5, 2);
        round.Share(present, present);
        var sum = round.MaskedSum(present, updates, slice: 99);
        using var server = round.Server(present);
        server.Recover(present, present, round.Reveals(present, present));
        server.Unmask(0, sum);

        for (var i = 0; i < sum.Length; i++)
        {
            Assert.Equal(present.Sum(client => (double)updates[client][i]), round.Code.DecodeSum(sum[i]), round.Code.LargestError(3));
        }
    }

    [Fact]
    public void Unmask_WeightedWords_AreTheSumOfClampedAndThenWeightedValues()
    {
        int[] all = [0, 1, 2];
        double[] weights = [0.5, 1, 1.5];
        var updates = Updates(500, seed: 4);   // Of which one in a hundred is 5, and the range is 4.
        using var round = new SecureRound(3, 2);
        round.Share(all, all);
        var sum = new uint[500];
        foreach (var client in all)
        {
            var words = new uint[500];
            round.Clients[client].Mask(updates[client], 0, words, weights[client]);
            System.Numerics.Tensors.TensorPrimitives.Add<uint>(sum, words, sum);
        }

        using var server = round.Server(all);
        server.Recover(all, all, round.Reveals(all, all));
        server.Unmask(0, sum);

        Assert.Equal(12, round.Code.DecodeSum(sum[99]), round.Code.LargestError(3));   // 4 (0.5 + 1 + 1.5).
        for (var i = 0; i < sum.Length; i++)
        {
            Assert.Equal(all.Sum(client => weights[client] * Math.Clamp(updates[client][i], -4.0, 4.0)), round.Code.DecodeSum(sum[i]), round.Code.LargestError(3));
        }
    }

    /// <summary>The statistic is not blind: the same test on the words before masking, and on the sum after unmasking, is far off.</summary>
    [Fact]
    public void Mask_WordsOfOneClient_LookUniform()
    {
        var zeros = new float[30_000];
        using var round = new SecureRound(3, 2);
        round.Share([0, 1, 2], [0, 1, 2]);
        for (var client = 0; client < 3; client++)
        {
            Assert.InRange(ChiSquared(round.Masked(client, zeros, slice: 7001)), Uniformity.Least, Uniformity.Most);
        }

        Assert.InRange(ChiSquared(round.MaskedSum([0, 1], [zeros, zeros, zeros], slice: 7001)), Uniformity.Least, Uniformity.Most);
        Assert.True(ChiSquared([.. zeros.Select(value => round.Code.Encode(value))]) > 1000 * Uniformity.Most);

        var sum = round.MaskedSum([0, 1, 2], [zeros, zeros, zeros], slice: 7001);
        Assert.InRange(ChiSquared(sum), Uniformity.Least, Uniformity.Most);
        using var server = round.Server([0, 1, 2]);
        server.Recover([0, 1, 2], [0, 1, 2], round.Reveals([0, 1, 2], [0, 1, 2]));
        server.Unmask(0, sum);
        Assert.All(sum, word => Assert.Equal(0u, word));
    }

    /// <summary>Masked words of equal updates: of two clients, and of one client in two rounds. Seven standard errors of a correlation are 7/√n.</summary>
    [Fact]
    public void Mask_WordsOfEqualUpdates_AreNotCorrelated()
    {
        var update = Updates(20_000, seed: 3)[0];
        using var round = new SecureRound(3, 2);
        using var next = new SecureRound(3, 2, context: "federation/round-2");
        round.Share([0, 1, 2], [0, 1, 2]);
        next.Share([0, 1, 2], [0, 1, 2]);
        var words = round.Masked(0, update, slice: 20_000);
        var bound = 7 / Math.Sqrt(update.Length);

        Assert.InRange(Correlation(words, round.Masked(1, update, slice: 20_000)), -bound, bound);
        Assert.InRange(Correlation(words, round.Masked(2, update, slice: 20_000)), -bound, bound);
        Assert.InRange(Correlation(words, next.Masked(0, update, slice: 20_000)), -bound, bound);
        Assert.InRange(Correlation(words, [.. update.Select(value => round.Code.Encode(value))]), -bound, bound);
        Assert.Equal(1, Correlation(words, words), 1e-9);
    }

    private static float[][] Updates(int coordinates, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 10).Select(_ => Enumerable.Range(0, coordinates).Select(i => i % 100 == 99 ? 5f : random.NextSingle() * 2 - 1).ToArray())];
    }

    private static double ChiSquared(uint[] words) => Uniformity.ChiSquared(MemoryMarshal.AsBytes(words.AsSpan()));

    private static double Correlation(uint[] a, uint[] b)
    {
        var (meanA, meanB) = (a.Average(word => (double)word), b.Average(word => (double)word));
        var covariance = a.Zip(b, (x, y) => (x - meanA) * (y - meanB)).Average();
        return covariance / Math.Sqrt(a.Average(x => (x - meanA) * (x - meanA)) * b.Average(y => (y - meanB) * (y - meanB)));
    }
}
