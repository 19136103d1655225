using Afa.Attacks;
using Xunit;

namespace Afa.Tests.Attacks;

public class AttackCascadeTests
{
    [Theory]
    [InlineData("autoattack", "apgd-ce apgd-t fab-t square")]
    [InlineData("autoattack-plus", "apgd-ce apgd-dlr fab square apgd-t fab-t")]
    [InlineData("autoattack-rand", "apgd-ce apgd-dlr")]
    [InlineData("square+apgd-ce", "square apgd-ce")]
    [InlineData("pgd-20", "pgd-20")]
    public void Parse_Name_GivesTheStagesInOrder(string name, string stages)
    {
        var cascade = Assert.Single(AttackCascade.Parse([name], AttackNorm.Linf));
        Assert.Equal(name, cascade.Name);
        Assert.Equal(stages, string.Join(' ', cascade.Stages.Select(stage => stage.Name)));
        Assert.True(cascade.IsInBall);
    }

    [Fact]
    public void Parse_Corruptions_GivesEveryKindAtFiveSeveritiesOutsideTheBall()
    {
        var cascades = AttackCascade.Parse(["corruptions", "fog-3"], AttackNorm.L2);
        Assert.Equal(5 * Enum.GetValues<CorruptionKind>().Length, cascades.Count);
        Assert.All(cascades, cascade => Assert.False(cascade.IsInBall));
    }

    [Fact]
    public void Parse_TwiceTheSame_RunsOnce() => Assert.Single(AttackCascade.Parse(["fgsm", "fgsm"], AttackNorm.Linf));

    [Fact]
    public void Parse_AttackThatDoesNotWorkInTheNorm_SaysWhatItWorksIn()
    {
        var exception = Assert.Throws<ArgumentException>(() => AttackCascade.Parse(["cw"], AttackNorm.Linf));
        Assert.Contains("'cw' works in L2, not in Linf", exception.Message, StringComparison.Ordinal);
    }
}
