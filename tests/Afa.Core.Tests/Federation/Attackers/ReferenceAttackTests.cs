using Afa.Federation.Attackers;
using Afa.Tests.Golden;
using Xunit;

namespace Afa.Tests.Federation.Attackers;

/// <summary>The attacks against those of ByzFL (Golden/README.md), which sees the honest updates and gives what all attackers send.</summary>
public class ReferenceAttackTests
{
    public static TheoryData<string, int> Rounds => new() { { "n5f1", 1 }, { "n10f2", 2 }, { "n10f3", 3 }, { "n13f2", 2 }, { "n13f5", 5 } };

    /// <summary>ByzFL adds z standard deviations with divisor n − 1; here, as in the authors' code, they are taken away and the divisor is n.</summary>
    [Theory]
    [MemberData(nameof(Rounds))]
    public void Alie_IsTheMirrorImageOfByzfls(string round, int attackers)
    {
        var honest = Updates(round).Length - attackers;
        var mean = Array.ConvertAll(Expected(round, "sign-flip"), value => -value);
        var mirrored = Expected(round, "alie").Zip(mean, (theirs, center) => (2 * center) - theirs);

        AssertClose(mirrored, Sent(round, attackers, new() { Kind = AttackerKind.Alie, AlieZ = 1.5 * Math.Sqrt(honest / (honest - 1.0)) }));
    }

    [Theory]
    [MemberData(nameof(Rounds))]
    public void InnerProduct_IsThatOfByzfl(string round, int attackers) =>
        AssertClose(Expected(round, "inner-product"), Sent(round, attackers, new() { Kind = AttackerKind.InnerProduct, Scale = 2 }));

    /// <summary>ByzFL's attackers flip the mean of the honest updates, the inner product at 1; here each flips its own, by default four times as long.</summary>
    [Theory]
    [MemberData(nameof(Rounds))]
    public void SignFlip_OfTheMean_IsThatOfByzfl(string round, int attackers)
    {
        var expected = Expected(round, "sign-flip");
        AssertClose(expected, Sent(round, attackers, new() { Kind = AttackerKind.InnerProduct, Scale = 1 }));

        var own = Array.ConvertAll(expected, value => (float)-value);
        OwnUpdateAttack.Apply(new() { Kind = AttackerKind.SignFlip, Scale = 1 }, own, replacementScale: 1, seed: 0);
        AssertClose(expected, own);
    }

    private static float[][] Updates(string round) => [.. GoldenFile.Federation.Rows($"{round}.updates").Select(row => Array.ConvertAll(row, value => (float)value))];

    private static double[] Expected(string round, string attack) => GoldenFile.Federation.Rows($"{round}.byzfl.{attack}")[0];

    /// <summary>What the last of the updates become.</summary>
    private static float[] Sent(string round, int attackers, AttackerOptions options)
    {
        var updates = Updates(round);
        ColludingAttack.Apply(options, Array.ConvertAll(updates, update => update.AsMemory()), [.. updates.Select((_, i) => i >= updates.Length - attackers)]);
        Assert.All(updates[^attackers..], update => Assert.Equal(updates[^1], update));
        return updates[^1];
    }

    private static void AssertClose(IEnumerable<double> expected, float[] actual)
    {
        var values = expected.ToArray();
        Assert.Equal(values, actual.Select(value => (double)value), (wanted, found) => Math.Abs(wanted - found) <= 1e-6 * values.Max(value => Math.Abs(value)));
    }
}
