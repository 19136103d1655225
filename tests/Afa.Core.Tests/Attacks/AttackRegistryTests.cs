using System.ComponentModel.DataAnnotations;
using Afa.Attacks;
using Xunit;

namespace Afa.Tests.Attacks;

public class AttackRegistryTests
{
    [Fact]
    public void All_EachAttackAtUsualRadii_HasValidOptions()
    {
        Assert.Equal(["fgsm", "pgd-10", "pgd-20", "pgd-50"], AttackRegistry.Names);
        foreach (var attack in AttackRegistry.All)
        {
            foreach (var (norm, epsilon) in new[] { (AttackNorm.Linf, 8.0 / 255), (AttackNorm.Linf, 1), (AttackNorm.L2, 0.5), (AttackNorm.L2, 3) })
            {
                var options = attack.At(norm, epsilon);
                Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
            }
        }
    }

    [Fact]
    public void Pgd20_AtEpsilon_TakesStepsOfAQuarter()
    {
        var options = AttackRegistry.Get("pgd-20").At(AttackNorm.Linf, 0.1);
        Assert.Equal(new PgdOptions { Norm = AttackNorm.Linf, Epsilon = 0.1, StepSize = 0.025, Steps = 20 }, options);
    }

    [Fact]
    public void Get_UnknownName_ListsTheKnownOnes()
    {
        var exception = Assert.Throws<ArgumentException>(() => AttackRegistry.Get("PGD-20"));
        Assert.Contains("fgsm, pgd-10, pgd-20, pgd-50", exception.Message, StringComparison.Ordinal);
    }
}
