using Afa.Federation.Attackers;
using Xunit;

namespace Afa.Tests.Federation.Attackers;

public class ColludingAttackTests
{
    [Fact]
    public void Alie_WithZ_SendsTheMeanLessDeviations()
    {
        // Honest: 1, 3, 5, 7 (mean 4, deviation √5) and −1, −1, −1, −1.
        float[][] updates = [[1, -1], [100, 100], [3, -1], [5, -1], [7, -1], [0, float.NaN]];
        ColludingAttack.Apply(new() { Kind = AttackerKind.Alie, AlieZ = 2 }, Memories(updates), [false, true, false, false, false, true]);

        Assert.Equal([1f, -1, 3, -1, 5, -1, 7, -1], [.. updates[0], .. updates[2], .. updates[3], .. updates[4]]);
        foreach (var attacker in new[] { 1, 5 })
        {
            Assert.Equal(4 - (2 * Math.Sqrt(5)), updates[attacker][0], tolerance: 1e-6);
            Assert.Equal(-1, updates[attacker][1]);
        }
    }

    [Fact]
    public void Alie_WithoutZ_DerivesIt()
    {
        // n = 5, f = 2: one supporter of three honest ones, z = Φ⁻¹(2/3) = 0.4307. Honest 0, 0, 3: mean 1, deviation √2.
        float[][] updates = [[0], [0], [3], [9], [9]];
        ColludingAttack.Apply(new() { Kind = AttackerKind.Alie }, Memories(updates), [false, false, false, true, true]);

        Assert.Equal(1 - (0.4307272992954576 * Math.Sqrt(2)), updates[3][0], tolerance: 1e-6);
    }

    [Theory]
    [InlineData(50, 24, 1.4260768722728479)]   // Φ⁻¹(24 / 26)
    [InlineData(20, 8, 0.6744897501960817)]    // s = 3, Φ⁻¹(9 / 12)
    [InlineData(10, 4, 0.4307272992954576)]    // s = 2, Φ⁻¹(4 / 6)
    [InlineData(10, 2, 0)]                     // Φ⁻¹(4 / 8)
    [InlineData(10, 1, 0)]                     // It would be less.
    [InlineData(2, 1, 0)]
    [InlineData(10, 6, 0.6744897501960817)]    // A majority: one supporter, Φ⁻¹(3 / 4)
    public void AlieZ_MatchesTheAuthorsFormula(int updates, int attackers, double expected) => Assert.Equal(expected, ColludingAttack.AlieZ(updates, attackers), tolerance: 1e-14);

    [Fact]
    public void InnerProduct_ByDefaultAndByScale_SendsTheNegativeOfTheMean()
    {
        foreach (var (scale, expected) in new (double?, float)[] { (null, -2), (0.5, -1) })
        {
            float[][] updates = [[1, 3], [9, 9], [3, 1]];
            ColludingAttack.Apply(new() { Kind = AttackerKind.InnerProduct, Scale = scale }, Memories(updates), [false, true, false]);
            Assert.Equal([expected, expected], updates[1]);
            Assert.Equal([1f, 3, 3, 1], [.. updates[0], .. updates[2]]);
        }
    }

    [Theory]
    [InlineData(AttackerKind.Alie)]
    [InlineData(AttackerKind.InnerProduct)]
    public void Apply_SliceBySlice_IsTheSameToTheLastBit(AttackerKind kind)
    {
        var random = new Random(1);
        float[][] whole = [.. Enumerable.Range(0, 9).Select(_ => Enumerable.Range(0, 101).Select(_ => random.NextSingle() - 0.5f).ToArray())];
        float[][] sliced = [.. whole.Select(update => update.ToArray())];
        bool[] isAttacker = [false, true, false, true, true, false, false, true, false];
        var options = new AttackerOptions { Kind = kind };

        ColludingAttack.Apply(options, Memories(whole), isAttacker);
        foreach (var slice in new[] { 0..13, 13..14, 14..101 })
        {
            ColludingAttack.Apply(options, Array.ConvertAll(sliced, update => update.AsMemory(slice)), isAttacker);
        }

        Assert.Equal(whole, sliced);
        Assert.Equal(whole[1], whole[7]);
    }

    [Fact]
    public void Apply_OtherKindOrNoAttackers_LeavesTheUpdates()
    {
        float[][] updates = [[1], [2]];
        foreach (var kind in new[] { AttackerKind.SignFlip, AttackerKind.Noise, AttackerKind.LabelFlip, AttackerKind.Backdoor })
        {
            Assert.False(ColludingAttack.Colludes(kind));
            ColludingAttack.Apply(new() { Kind = kind }, Memories(updates), [false, true]);
        }

        ColludingAttack.Apply(new() { Kind = AttackerKind.Alie }, Memories(updates), [false, false]);
        Assert.Equal([1f, 2f], updates.SelectMany(update => update));
    }

    [Fact]
    public void Apply_ArgumentsThatDoNotFit_AreRefused()
    {
        var options = new AttackerOptions { Kind = AttackerKind.Alie };
        Assert.Throws<ArgumentException>(() => ColludingAttack.Apply(options, Memories([[1], [2]]), [true]));
        Assert.Throws<ArgumentException>(() => ColludingAttack.Apply(options, Memories([[1], [2]]), [true, true]));
        Assert.Throws<ArgumentException>(() => ColludingAttack.Apply(options, Memories([[1], [2, 3]]), [false, true]));
    }

    private static Memory<float>[] Memories(float[][] updates) => Array.ConvertAll(updates, update => update.AsMemory());
}
