using Afa.Training;
using Xunit;

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
            Assert.Equal(expected[step], LearningRateSchedule.At(LearningRateScheduleKind.OneCycle, 0.2, step, steps), 1e-14);
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
        Assert.Equal(expected, LearningRateSchedule.At(LearningRateScheduleKind.OneCycle, 0.2, step, 195), 1e-14);

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
            Assert.Equal(expected[step], LearningRateSchedule.At(LearningRateScheduleKind.Cosine, 0.2, step, 10), 1e-14);
        }
    }

    [Fact]
    public void At_Constant_IsThePeak() => Assert.Equal(0.2, LearningRateSchedule.At(LearningRateScheduleKind.Constant, 0.2, 7, 10));

    [Theory]
    [InlineData(-1)]
    [InlineData(10)]
    public void At_StepOutsideThePhase_IsRefused(long step) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.At(LearningRateScheduleKind.OneCycle, 0.2, step, 10));
}
