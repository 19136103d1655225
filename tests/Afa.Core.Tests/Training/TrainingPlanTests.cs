using Afa.Training;
using Xunit;

namespace Afa.Tests.Training;

public class TrainingPlanTests
{
    [Fact]
    public void Afa_TwoPhases_LaysOutEveryStep()
    {
        // 8 images a step from 2 shards; the smaller holds 13: 3 steps an epoch. 2 epochs of features, 1 of the head.
        var options = new TrainingOptions { BatchSize = 8, Shards = 2, Epochs = 2, Head = new() { Epochs = 1, LearningRate = 0.5 }, Optimizer = new() { LearningRate = 0.2 } };
        var plan = new TrainingPlan(options, smallestShard: 13);

        Assert.Equal((4, 3, 3, 9L), (plan.ImagesPerShard, plan.StepsPerEpoch, plan.Epochs, plan.Steps));
        var features = new TrainingPhase("features", 2, 0.2, StepCost: 16);   // 5 attack steps of 2 passes, clean and adversarial forward and backward.
        var head = new TrainingPhase("head", 1, 0.5, StepCost: 1);
        Assert.Equal(
            [
                new(0, features, 0, 0, 0, 6, IsEpochEnd: false, IsPhaseEnd: false),
                new(1, features, 0, 1, 1, 6, IsEpochEnd: false, IsPhaseEnd: false),
                new(2, features, 0, 2, 2, 6, IsEpochEnd: true, IsPhaseEnd: false),
                new(3, features, 1, 0, 3, 6, IsEpochEnd: false, IsPhaseEnd: false),
                new(4, features, 1, 1, 4, 6, IsEpochEnd: false, IsPhaseEnd: false),
                new(5, features, 1, 2, 5, 6, IsEpochEnd: true, IsPhaseEnd: true),
                new(6, head, 2, 0, 0, 3, IsEpochEnd: false, IsPhaseEnd: false),
                new(7, head, 2, 1, 1, 3, IsEpochEnd: false, IsPhaseEnd: false),
                new TrainingPosition(8, head, 2, 2, 2, 3, IsEpochEnd: true, IsPhaseEnd: true),
            ],
            Enumerable.Range(0, 9).Select(step => plan.At(step)));

        // 6 steps of 16 and 3 of 1.
        Assert.Equal([0, 48.0 / 99, 96.0 / 99, 1], new long[] { 0, 3, 6, 9 }.Select(plan.ShareDone));
    }

    [Fact]
    public void Supcon_LikeAfa_HasAPhaseOfFeaturesAndOneOfTheHead()
    {
        var options = new TrainingOptions { Method = TrainingMethod.Supcon, BatchSize = 8, Shards = 2, Epochs = 2, Head = new() { Epochs = 1 } };
        var plan = new TrainingPlan(options, smallestShard: 4);

        Assert.Equal(["features", "features", "head"], Enumerable.Range(0, 3).Select(step => plan.At(step).Phase.Name));
        Assert.Equal(3, options.TotalEpochs());
        Assert.Equal(6, plan.At(0).Phase.StepCost);   // Two views forward and backward, no attack.
    }

    [Theory]
    [InlineData(TrainingMethod.AfaTrades)]
    [InlineData(TrainingMethod.Ce)]
    [InlineData(TrainingMethod.PgdAt)]
    [InlineData(TrainingMethod.Trades)]
    [InlineData(TrainingMethod.Mart)]
    [InlineData(TrainingMethod.FastAt)]
    [InlineData(TrainingMethod.FreeAt)]
    public void OtherMethods_OnePhase_TakesTheEpochsOfTheOptions(TrainingMethod method)
    {
        var plan = new TrainingPlan(new() { Method = method, BatchSize = 8, Shards = 2, Epochs = 2, Head = new() { Epochs = 7 } }, smallestShard: 4);
        Assert.Equal(2, plan.Steps);
        Assert.Equal(TrainingPhase.Training, plan.At(1).Phase.Name);
        Assert.True(plan.At(1).IsPhaseEnd);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void At_StepOutsideTheRun_IsRefused(long step)
    {
        var plan = new TrainingPlan(new() { Method = TrainingMethod.Ce, BatchSize = 8, Shards = 2, Epochs = 2 }, smallestShard: 4);
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.At(step));
    }

    [Fact]
    public void Constructor_ShardSmallerThanAStep_IsRefused()
    {
        var exception = Assert.Throws<ArgumentException>(() => new TrainingPlan(new() { BatchSize = 8, Shards = 2 }, smallestShard: 3));
        Assert.Contains("4 images from each of 2 shards, but the smallest shard holds 3", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_LongestRun_DoesNotOverflow()
    {
        var plan = new TrainingPlan(new() { BatchSize = 2, Shards = 1, Trainers = 1, Epochs = 100_000, Head = new() { Epochs = 10_000 } }, smallestShard: 2_000_000);
        Assert.Equal(110_000L * 1_000_000, plan.Steps);
        Assert.Equal((109_999, 999_999), (plan.At(plan.Steps - 1).Epoch, plan.At(plan.Steps - 1).StepInEpoch));
    }
}
