using Afa.Training;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;
using static TorchSharp.torch.optim.lr_scheduler;
using Parameter = TorchSharp.Modules.Parameter;

namespace Afa.Tests.Training;

public class LearningRateScheduleTests
{
    // From PyTorch 1.13.1:
    //   o = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.2); s = torch.optim.lr_scheduler.OneCycleLR(o, 0.2, total_steps=n, cycle_momentum=False)
    //   for i in range(n): print(o.param_groups[0]['lr']); o.step(); i < n - 1 and s.step()
    [Theory]
    [InlineData(1, new[] { 8e-07 })]
    [InlineData(2, new[] { 0.1623491307899526, 8e-07 })]
    [InlineData(3, new[] { 0.19888308709018238, 0.09252742053339501, 8e-07 })]
    [InlineData(4, new[] { 0.008000000000000007, 0.1623491307899526, 0.056612199641739844, 8e-07 })]
    [InlineData(10, new[]
    {
        0.008000000000000007, 0.10400000000000001, 0.2, 0.19009692640269477, 0.1623491307899526,
        0.12225240438725786, 0.07774839561274215, 0.0376516692100474, 0.009903873597305258, 8e-07,
    })]
    public void At_OneCycle_MatchesPyTorch(int steps, double[] expected)
    {
        for (var step = 0; step < steps; step++)
        {
            Assert.Equal(expected[step], At(new(), step, steps), 1e-14);
        }
    }

    // The same command with n = 195.
    [Theory]
    [InlineData(0, 0.008000000000000007)]
    [InlineData(1, 0.008143250865648544)]
    [InlineData(29, 0.1053112326815313)]
    [InlineData(57, 0.19996418060114343)]
    [InlineData(58, 0.19999337878140908)]
    [InlineData(59, 0.19994041429345083)]
    [InlineData(100, 0.15585584856140505)]
    [InlineData(193, 2.7283997549510283e-05)]
    [InlineData(194, 8e-07)]
    public void At_OneCycleOf195Steps_MatchesPyTorch(long step, double expected) =>
        Assert.Equal(expected, At(new(), step, 195), 1e-14);

    // The same with s = torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=10), n = 10.
    [Fact]
    public void At_Cosine_MatchesPyTorch()
    {
        double[] expected =
        [
            0.2, 0.19510565162951538, 0.18090169943749476, 0.15877852522924735, 0.13090169943749477,
            0.10000000000000002, 0.06909830056250528, 0.041221474770752706, 0.01909830056250527, 0.004894348370484648,
        ];
        for (var step = 0; step < 10; step++)
        {
            Assert.Equal(expected[step], At(new() { Schedule = LearningRateScheduleKind.Cosine }, step, 10), 1e-14);
        }
    }

    [Fact]
    public void At_Constant_IsThePeak() => Assert.Equal(0.2, At(new() { Schedule = LearningRateScheduleKind.Constant }, 7, 10));

    [Theory]
    [InlineData(-1)]
    [InlineData(10)]
    public void At_StepOutsideThePhase_IsRefused(long step) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => At(new(), step, 10));

    // With a peak of 1 the values are shares: up from 1/25 over the first 5 of 200 steps (their indices 0 to 4), then down.
    [Theory]
    [InlineData(0, 0.04)]
    [InlineData(2, 0.52)]   // Half of the way between 0.04 and 1.
    [InlineData(4, 1)]
    [InlineData(199, 4e-6)]
    public void At_OneCycleWithAWarmUpOfFortieth_PeaksThere(long step, double expected) =>
        Assert.Equal(expected, LearningRateSchedule.At(new() { WarmUpShare = 0.025 }, 1, step, 200, epochs: 4), 1e-12);

    [Fact]
    public void At_OneCycleWithAWarmUp_MatchesTorchSharp() =>
        AssertMatches(new() { WarmUpShare = 0.2 }, optimizer => OneCycleLR(optimizer, 0.2, total_steps: 20, pct_start: 0.2, cycle_momentum: false));

    [Fact]
    public void At_Cosine_MatchesTorchSharp() =>
        AssertMatches(new() { Schedule = LearningRateScheduleKind.Cosine }, optimizer => CosineAnnealingLR(optimizer, 20));

    [Theory]
    [InlineData("0.5,0.75")]
    [InlineData("2,3")]   // Of 4 epochs of 5 steps.
    [InlineData("0.46,0.71")]   // Between two steps: from the later one on.
    public void At_MultiStep_MatchesTorchSharp(string milestones) =>
        AssertMatches(new() { Schedule = LearningRateScheduleKind.MultiStep, Milestones = milestones, Gamma = 0.2 }, optimizer => MultiStepLR(optimizer, [10, 15], 0.2));

    [Fact]
    public void At_Cyclic_MatchesTorchSharp() =>
        AssertMatches(new() { Schedule = LearningRateScheduleKind.Cyclic }, optimizer => CyclicLR(optimizer, 0, 0.2, step_size_up: 10, cycle_momentum: false));

    [Fact]
    public void At_CyclicWithAnEarlyPeak_MatchesTorchSharp() =>
        AssertMatches(new() { Schedule = LearningRateScheduleKind.Cyclic, WarmUpShare = 0.2 }, optimizer => CyclicLR(optimizer, 0, 0.2, step_size_up: 4, step_size_down: 16, cycle_momentum: false));

    // Four steps of warm-up in twenty: quarters of the peak; then each schedule from its own start.
    [Theory]
    [InlineData(LearningRateScheduleKind.Constant, 1, 1)]
    [InlineData(LearningRateScheduleKind.Cosine, 0.5, 0.00960735979838478)]   // Half of the 16 steps left; (1 + cos(15/16 π)) / 2.
    [InlineData(LearningRateScheduleKind.MultiStep, 0.1, 0.01)]   // Milestones at 10 and 15 of the whole phase.
    public void At_LinearWarmUp_ClimbsToThePeakThenFollowsTheSchedule(LearningRateScheduleKind kind, double atTwelve, double atTheEnd)
    {
        var options = new OptimizerOptions { Schedule = kind, WarmUpShare = 0.2 };

        Assert.Equal([0.25, 0.5, 0.75, 1, 1], Enumerable.Range(0, 5).Select(step => LearningRateSchedule.At(options, 1, step, 20, epochs: 4)));
        Assert.Equal(atTwelve, LearningRateSchedule.At(options, 1, 12, 20, epochs: 4), 1e-12);
        Assert.Equal(atTheEnd, LearningRateSchedule.At(options, 1, 19, 20, epochs: 4), 1e-12);
    }

    [Fact]
    public void At_AnyScheduleAndLength_IsFiniteAndAtMostThePeak()
    {
        foreach (var kind in Enum.GetValues<LearningRateScheduleKind>())
        {
            foreach (var warmUp in new double?[] { null, 0, 0.01, 0.99 })
            {
                foreach (var steps in new[] { 1, 2, 3, 100 })
                {
                    Assert.All(
                        Enumerable.Range(0, steps),
                        step => Assert.InRange(LearningRateSchedule.At(new() { Schedule = kind, WarmUpShare = warmUp }, 1, step, steps, epochs: 1), 0, 1 + 1e-12));
                }
            }
        }
    }

    [Fact]
    public void At_MilestoneThatRoundsUp_IsReachedAtItsStep()
    {
        var options = new OptimizerOptions { Schedule = LearningRateScheduleKind.MultiStep, Milestones = "0.1" };   // 0.1 * 30 is 3.0000000000000004.
        Assert.Equal(1, LearningRateSchedule.At(options, 1, 2, 30, epochs: 1));
        Assert.Equal(0.1, LearningRateSchedule.At(options, 1, 3, 30, epochs: 1));
    }

    private static double At(OptimizerOptions options, long step, long steps) => LearningRateSchedule.At(options, 0.2, step, steps, epochs: 1);

    /// <summary>Compares 20 steps in 4 epochs, peak 0.2, with a scheduler that is stepped after each.</summary>
    private static void AssertMatches(OptimizerOptions options, Func<Optimizer, LRScheduler> create)
    {
        using var scope = NewDisposeScope();
        var optimizer = SGD([new Parameter(zeros(1))], 0.2);
        var scheduler = create(optimizer);
        for (var step = 0; step < 20; step++)
        {
            Assert.Equal(optimizer.ParamGroups.Single().LearningRate, LearningRateSchedule.At(options, 0.2, step, 20, epochs: 4), 1e-12);
            scheduler.step();
        }
    }
}
