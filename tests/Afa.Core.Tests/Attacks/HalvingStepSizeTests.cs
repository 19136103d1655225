using Afa.Attacks;
using Xunit;

namespace Afa.Tests.Attacks;

public class HalvingStepSizeTests
{
    [Fact]
    public void Observe_LossThatAlwaysRises_KeepsTheFirstStep()
    {
        var rule = new HalvingStepSize(epsilon: 0.1, iterations: 100, rho: 0.75, startLoss: 0.5);

        Assert.All(Enumerable.Range(1, 100), i => Assert.False(rule.Observe(i, i, 0)));

        Assert.Equal(0.2, rule.StepSize, 1e-15);
    }

    [Fact]
    public void Observe_LossThatNeverRises_HalvesAtEveryCheck()
    {
        // 22 steps, then 3 less each time but at least 6: 22, 41, 57, 70, 80, 87, 93, 99.
        var rule = new HalvingStepSize(epsilon: 0.1, iterations: 100, rho: 0.75, startLoss: -1);

        var checks = Enumerable.Range(1, 100).Where(_ => rule.Observe(-1, -1, 0)).ToArray();

        Assert.Equal([22, 41, 57, 70, 80, 87, 93, 99], checks);
        Assert.Equal(0.2 / 256, rule.StepSize, 1e-15);
    }

    [Theory]
    [InlineData(16, true)]    // 16 of 22 steps rise: less than 16.5.
    [InlineData(17, false)]
    public void Observe_ShareOfRisingSteps_IsComparedWithRho(int rising, bool isHalved)
    {
        var rule = new HalvingStepSize(epsilon: 1, iterations: 100, rho: 0.75, startLoss: 0);

        var goesBack = Enumerable.Range(1, 22).Select(i => rule.Observe(Math.Min(i, rising), Math.Min(i, rising), 0)).ToArray();

        Assert.Equal(isHalved, goesBack[^1]);
    }

    [Fact]
    public void Observe_RisesBelowTheBestLoss_HalveAtTheSecondCheck()
    {
        // Rises all the time, but never above the start: the first check may not ask for that, as if the step had just been halved.
        var rule = new HalvingStepSize(epsilon: 1, iterations: 100, rho: 0.75, startLoss: 1000);

        var checks = Enumerable.Range(1, 57).Where(i => rule.Observe(i, 1000, 0)).ToArray();

        Assert.Equal([41], checks);
    }

    [Fact]
    public void Observe_FewIterations_ChecksAfterEach()
    {
        var rule = new HalvingStepSize(epsilon: 1, iterations: 3, rho: 0.75, startLoss: 0);

        Assert.Equal([true, true, true], Enumerable.Range(1, 3).Select(_ => rule.Observe(-1, 0, 0)));
    }
}
