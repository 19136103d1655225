using System.ComponentModel.DataAnnotations;
using Afa.Attacks;
using Xunit;

namespace Afa.Tests.Attacks;

public class PgdOptionsTests
{
    [Theory]
    [InlineData(AttackNorm.Linf, 0, 0.1, 1)]
    [InlineData(AttackNorm.Linf, 1.01, 0.1, 1)]
    [InlineData(AttackNorm.Linf, double.NaN, 0.1, 1)]
    [InlineData(AttackNorm.L2, -1, 0.1, 1)]
    [InlineData(AttackNorm.L2, double.PositiveInfinity, 0.1, 1)]
    [InlineData(AttackNorm.L1, 0.1, 0.1, 1)]
    [InlineData(AttackNorm.Linf, 0.1, 0, 1)]
    [InlineData(AttackNorm.Linf, 0.1, 0.21, 1)]
    [InlineData(AttackNorm.Linf, 0.1, double.NaN, 1)]
    [InlineData(AttackNorm.Linf, 0.1, 0.1, 0)]
    [InlineData(AttackNorm.Linf, 0.1, 0.1, 100_001)]
    public void Pgd_OptionOutOfRange_IsRefused(AttackNorm norm, double epsilon, double stepSize, int steps) =>
        Assert.Throws<ValidationException>(() => new Pgd(new() { Norm = norm, Epsilon = epsilon, StepSize = stepSize, Steps = steps }));

    [Fact]
    public void Validate_SeveralProblems_NamesEach()
    {
        var options = new PgdOptions { Epsilon = double.NaN, StepSize = -1, Steps = 0 };
        var problems = options.Validate(new ValidationContext(options)).SelectMany(problem => problem.MemberNames);
        Assert.Equal([nameof(PgdOptions.Epsilon), nameof(PgdOptions.StepSize), nameof(PgdOptions.Steps)], problems);
    }
}
