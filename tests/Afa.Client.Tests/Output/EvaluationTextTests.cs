using Afa.Client.Output;
using Afa.Evaluation;
using Afa.Grains;
using Xunit;

namespace Afa.Client.Tests.Output;

public sealed class EvaluationTextTests
{
    [Fact]
    public void Progress_Running_HasShareRateAttacksAndSlots()
    {
        var status = FakeControl.Evaluation("mine", RunState.Running, 1) with { Working = ["runs/mine/checkpoints/step-00000080: autoattack: fab-t"] };

        var progress = EvaluationText.Progress(status);

        Assert.Equal(("evaluation", "image", 500L, 1000L, "12 images/s, 1:05 left", 0.5), (progress.Title, progress.Unit, progress.Done, progress.Total, progress.Detail, progress.Share));
        Assert.Equal(
            [("clean", "still standing 80.0 % (8/10)"), ("fgsm", "still standing 80.0 % (8/10)"), ("pgd-20", "still standing 80.0 % (8/10)"), ("slot 1:", "mine/step-00000080: autoattack: fab-t")], progress.Lines);
    }

    [Fact]
    public void Progress_ManyAttacks_ShowsTheLatestOnes()
    {
        var options = new EvaluationOptions { Checkpoints = ["a"], Attacks = [.. Enumerable.Range(1, 30).Select(steps => $"pgd-{steps}")] };

        var lines = EvaluationText.Progress(FakeControl.Evaluation("mine", RunState.Paused, 1, options)).Lines;

        Assert.Equal(13, lines.Count);
        Assert.Equal(("...", "and 19 attacks before"), lines[0]);
        Assert.Equal("pgd-30", lines[^1].Name);
    }

    [Fact]
    public void Progress_ImagesNotKnown_SaysThatItPrepares() =>
        Assert.Equal("preparing: reading data, loading models", EvaluationText.Progress(FakeControl.Evaluation("mine", RunState.Running, 0) with { Images = 0 }).Detail);

    [Theory]
    [InlineData(0.9999, "99 %")]
    [InlineData(1, "100 %")]
    [InlineData(1.2, "100 %")]
    public void Percent_Share_IsHundredOnlyForAll(double share, string expected) => Assert.Equal(expected, StatusText.Percent(share));
}
