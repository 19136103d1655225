using Afa.Attacks;
using Afa.Evaluation;
using Afa.Sweeps;
using Afa.Training;
using Xunit;

namespace Afa.Tests.Sweeps;

public sealed class TrialWorkTests
{
    [Theory]
    [InlineData(TrainingMethod.Ce, 3)]
    [InlineData(TrainingMethod.PgdAt, 2 * 5 + 3)]
    [InlineData(TrainingMethod.Trades, 2 * 5 + 6)]
    [InlineData(TrainingMethod.Mart, 2 * 5 + 6)]
    [InlineData(TrainingMethod.FastAt, 2 + 3)]
    [InlineData(TrainingMethod.FreeAt, 4 * 3)]
    [InlineData(TrainingMethod.Supcon, 2 * 3 + 1)]
    [InlineData(TrainingMethod.Afa, 2 * 5 + 6 + 1)]   // One epoch of features, one of the head: forward through frozen features.
    public void Training_CountsPassesOfEachImage(TrainingMethod method, double passes)
    {
        var work = TrialWork.Of(Trial(new TrainingOptions { Method = method, Epochs = 1, Attack = new() { Steps = 5 }, Head = new() { Epochs = 1 } }, new()));

        Assert.Equal(1000 * passes, work.Training);
    }

    [Fact]
    public void Of_AFolderThatIsGone_DoesNotAskForIt()
    {
        var work = TrialWork.Of(Trial(new TrainingOptions { Method = TrainingMethod.Ce, Dataset = "/not/there", TrainImages = 0, Epochs = 2 }, new()));

        Assert.Equal(3 * 1000 * 2, work.Training);   // 1000 images, as the plan says.
    }

    [Fact]
    public void Evaluation_CountsEveryAttackAtEveryRadius()
    {
        var work = TrialWork.Of(Trial(new TrainingOptions(), new EvaluationOptions { Images = 10, Attacks = ["fgsm", "pgd-20"], Epsilons = ["0.1", "0.2"] }));

        Assert.Equal(10 * 2 * (1 + AttackRegistry.Get("fgsm").Passes + AttackRegistry.Get("pgd-20").Passes), work.Evaluation);
        Assert.Equal(work.Training + 0.5 * work.Evaluation, work.Done(1, 0.5));
        Assert.Equal(work.Training + work.Evaluation, work.Total);
    }

    private static SweepTrial Trial(TrainingOptions training, EvaluationOptions evaluation) => new() { Name = "t", Point = "p", TrainingImages = 1000, Training = training, Evaluation = evaluation };
}
