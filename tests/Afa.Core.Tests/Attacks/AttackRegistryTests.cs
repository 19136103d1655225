using Afa.Attacks;
using Xunit;

namespace Afa.Tests.Attacks;

public class AttackRegistryTests
{
    [Fact]
    public void All_InEveryNormThatTheyWorkIn_CanBeMade()
    {
        Assert.Equal(AttackRegistry.All.Count, AttackRegistry.All.Select(attack => attack.Name).Distinct().Count());
        foreach (var attack in AttackRegistry.All)
        {
            Assert.NotEmpty(attack.Norms);
            Assert.All(attack.Norms, norm => Assert.NotNull(attack.Create(norm)));
            Assert.True(attack.Passes > 0);
        }
    }

    [Theory]
    [InlineData("pgd-7", 14)]
    [InlineData("pgd-50-10", 1000)]
    public void Get_PgdOfAnyLength_IsKnown(string name, int passes) => Assert.Equal(passes, AttackRegistry.Get(name).Passes);

    [Theory]
    [InlineData("PGD-20")]
    [InlineData("pgd-0")]
    [InlineData("pgd-20-0")]
    [InlineData("pgd-999999999999")]
    [InlineData("pgd-")]
    [InlineData("fog-6")]
    [InlineData("transfer:")]
    [InlineData("")]
    public void Get_UnknownName_ListsTheKnownOnes(string name)
    {
        var exception = Assert.Throws<ArgumentException>(() => AttackRegistry.Get(name));
        Assert.Contains("fgsm, pgd-10, pgd-20, pgd-50", exception.Message, StringComparison.Ordinal);
        Assert.Contains("autoattack", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Get_Transfer_NamesItsSource() => Assert.Equal("runs/a/checkpoints/b", AttackRegistry.Get("transfer:runs/a/checkpoints/b").SourceCheckpoint);
}
