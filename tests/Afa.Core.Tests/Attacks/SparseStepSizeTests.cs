using Afa.Attacks;
using Xunit;

namespace Afa.Tests.Attacks;

public class SparseStepSizeTests
{
    [Fact]
    public void Observe_SparserBestPoint_TakesTheLongestStepFromThere()
    {
        // 100 iterations: a check after every 4. 784 pixels at first, so 700 is less than 95 %.
        var rule = new SparseStepSize(epsilon: 12, iterations: 100, pixels: 784, changedAtStart: null);
        Assert.Equal((12, 0.2), (rule.StepSize, rule.Share));

        Assert.Equal([false, false, false, true], Enumerable.Range(1, 4).Select(_ => rule.Observe(0, 0, 700)));

        Assert.Equal(12, rule.StepSize);
        Assert.Equal(700 / 784.0 / 1.5, rule.Share, 1e-15);
    }

    [Fact]
    public void Observe_EquallySparseBestPoint_ShortensTheStepDownToATenth()
    {
        var rule = new SparseStepSize(epsilon: 12, iterations: 30, pixels: 784, changedAtStart: 100);
        Assert.Equal(100 / 784.0 / 1.5, rule.Share, 1e-15);

        Assert.False(rule.Observe(0, 0, 95));   // 30 iterations: a check after each.
        Assert.Equal(8, rule.StepSize, 1e-12);
        Assert.All(Enumerable.Range(1, 10), _ => Assert.False(rule.Observe(0, 0, 95)));
        Assert.Equal(1.2, rule.StepSize, 1e-12);

        Assert.True(rule.Observe(0, 0, 90));
        Assert.Equal(12, rule.StepSize);
    }

    [Fact]
    public void Observe_NothingChanged_IsNotSparser()
    {
        var rule = new SparseStepSize(epsilon: 12, iterations: 30, pixels: 784, changedAtStart: 0);

        Assert.False(rule.Observe(0, 0, 0));
    }
}
