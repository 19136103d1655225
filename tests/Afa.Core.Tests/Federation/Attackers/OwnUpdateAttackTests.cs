using Afa.Federation.Attackers;
using Xunit;

namespace Afa.Tests.Federation.Attackers;

public class OwnUpdateAttackTests
{
    [Fact]
    public void SignFlip_ByDefaultAndByScale_TurnsTheUpdateRound()
    {
        Assert.Equal([-4f, 8, 0], Applied(new() { Kind = AttackerKind.SignFlip }, [1, -2, 0]));
        Assert.Equal([-0.5f, 1, 0], Applied(new() { Kind = AttackerKind.SignFlip, Scale = 0.5 }, [1, -2, 0]));
    }

    [Fact]
    public void Backdoor_ByDefaultAndByScale_ScalesTheUpdateUp()
    {
        Assert.Equal([5f, -10], Applied(new() { Kind = AttackerKind.Backdoor }, [1, -2]));
        Assert.Equal([3f, -6], Applied(new() { Kind = AttackerKind.Backdoor, Scale = 3 }, [1, -2]));
    }

    [Fact]
    public void Noise_ManyCoordinates_HasMeanZeroAndTheDeviationOfTheOptions()
    {
        // Root mean square 5, times 10 and times 2.
        float[] update = [.. Enumerable.Range(0, 40_000).Select(i => i % 2 == 0 ? 1f : 7f)];

        foreach (var (scale, deviation) in new (double?, double)[] { (null, 50), (2, 10) })
        {
            var noise = Applied(new() { Kind = AttackerKind.Noise, Scale = scale }, update);

            Assert.Equal(0, noise.Average() / deviation, tolerance: 0.025);   // 5 standard errors, 1 / √40000 each.
            Assert.Equal(1, Math.Sqrt(noise.Average(value => (double)value * value)) / deviation, tolerance: 0.018);
        }
    }

    [Fact]
    public void Noise_SameSeed_IsTheSame()
    {
        var options = new AttackerOptions { Kind = AttackerKind.Noise };
        Assert.Equal(Applied(options, [1, 2, 3], seed: 5), Applied(options, [1, 2, 3], seed: 5));
        Assert.NotEqual(Applied(options, [1, 2, 3], seed: 5), Applied(options, [1, 2, 3], seed: 6));
        Assert.Equal([0f, 0], Applied(options, [0, 0]));
    }

    [Theory]
    [InlineData(AttackerKind.Alie)]
    [InlineData(AttackerKind.InnerProduct)]
    [InlineData(AttackerKind.LabelFlip)]
    public void OtherAttacks_LeaveTheUpdate(AttackerKind kind)
    {
        Assert.False(OwnUpdateAttack.Changes(kind));
        Assert.Equal([1f, -2], Applied(new() { Kind = kind, Scale = 7 }, [1, -2]));
    }

    [Fact]
    public void Changes_IsTrueOfWhatChanges() => Assert.All([AttackerKind.SignFlip, AttackerKind.Noise, AttackerKind.Backdoor], kind => Assert.True(OwnUpdateAttack.Changes(kind)));

    private static float[] Applied(AttackerOptions options, float[] update, ulong seed = 0)
    {
        float[] changed = [.. update];
        OwnUpdateAttack.Apply(options, changed, replacementScale: 5, seed);
        return changed;
    }
}
