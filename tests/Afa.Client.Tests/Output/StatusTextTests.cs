using Afa.Client.Output;
using Afa.Grains;
using Xunit;

namespace Afa.Client.Tests.Output;

public sealed class StatusTextTests
{
    [Fact]
    public void Progress_RunningTraining_HasRateLossAndTimeLeft()
    {
        var progress = StatusText.Progress(FakeControl.Run("mine", RunState.Running, 3));

        Assert.Equal(new ProgressState("features, epoch 4/8", "step", 30, 80, "123 img/s, loss 1.5000, 1:05 left"), progress);
    }

    [Fact]
    public void Progress_OfAnElasticRun_SaysHowManyTrainersThereAre()
    {
        var progress = StatusText.Progress(FakeControl.Run("mine", RunState.Running, 3) with { Trainers = 1 });

        Assert.Equal("123 img/s, loss 1.5000, 1 trainer, 1:05 left", progress.Detail);
    }

    [Fact]
    public void Epoch_WithoutLogits_LeavesAccuraciesOut()
    {
        var epoch = new EpochMetrics("features", 2, 1.25, null, null, null, 0.1, 17.23, new Dictionary<string, double>());

        Assert.Equal("epoch 2/5 (features): loss 1.2500, 17.2 s", StatusText.Epoch(epoch, 5));
    }

    [Theory]
    [InlineData(5, "0:05")]
    [InlineData(3599, "59:59")]
    [InlineData(7265, "2:01:05")]
    public void Duration_Seconds_AreReadable(int seconds, string expected) => Assert.Equal(expected, StatusText.Duration(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(512, "512 B")]
    [InlineData(1 << 20, "1.0 MiB")]
    public void Size_Bytes_AreReadable(long bytes, string expected) => Assert.Equal(expected, StatusText.Size(bytes));

    [Theory]
    [InlineData(8.0 / 255, "8/255")]
    [InlineData(0.1, "0.1")]
    [InlineData(0.3, "0.3")]
    public void Radius_Epsilon_IsWrittenExactly(double epsilon, string expected) => Assert.Equal(expected, TrainingSummary.Radius(epsilon));
}
