using System.ComponentModel.DataAnnotations;
using Afa.Attacks;
using Afa.Data;
using Afa.Tests.Data;
using Afa.Tests.Golden;
using Afa.Training;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Attacks;

public class PgdAttackTests
{
    [Fact]
    public void Run_TwentyStepsFromTheImages_MatchesTheReference()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new FrozenWeights(model, training: false);
        var batch = FashionMnist.Load(DataSplit.Test).Select(Enumerable.Range(0, 512).ToArray());
        var input = new AttackInput
        {
            Model = model,
            Images = batch.ToTensor(CPU),
            Labels = batch.LabelsTensor(CPU),
            SampleIds = batch.SampleIds,
            Norm = AttackNorm.Linf,
            Epsilon = 0.1,
            Seed = 0,
        };

        var outcome = new PgdAttack(new() { StartsAtRandom = false }).Run(input);

        // The reference summed in another order: an image at the border may change its class.
        var isRobust = model.call(outcome.Adversarial).argmax(1).eq(input.Labels);
        Assert.InRange(isRobust.ne(GoldenFile.Pgd20.Get("linf.pgd20_nostart.robust")).sum().item<long>(), 0, 1);
    }

    [Fact]
    public void Run_OneStepOfEpsilon_IsTheFastGradientSignMethod()
    {
        using var scope = NewDisposeScope();
        var weights = tensor(new double[,] { { 1, -2, 3, 0.5 }, { 0, 0, 0, 0 } });
        using var model = new LinearClassifier(weights, zeros(2, ScalarType.Float64));
        var images = Row(0.05, 0.5, 0.1, 0.5);   // The first logit is -0.4: class 1 is right.
        var input = new AttackInput { Model = model, Images = images, Labels = ones(1, ScalarType.Int64), SampleIds = [0], Norm = AttackNorm.Linf, Epsilon = 0.2, Seed = 0 };

        var outcome = new PgdAttack(new() { Steps = 1, RelativeStepSize = 1, StartsAtRandom = false }).Run(input);

        TensorAssert.Close(Row(0.25, 0.3, 0.3, 0.7), outcome.Adversarial, 1e-12);
    }

    [Fact]
    public void Run_MoreRestarts_BreaksWhatOneBreaksAndMore()
    {
        // Class 0 where the one pixel is above 0.55. Steps are so short that an image breaks if it starts below: one start in four does.
        using var scope = NewDisposeScope();
        using var model = new LinearClassifier(tensor(new double[,] { { 1 }, { 0 } }), tensor(new[] { 0, 0.55 }));
        var input = new AttackInput
        {
            Model = model,
            Images = full([40, 1, 1, 1], 0.6, dtype: ScalarType.Float64),
            Labels = zeros(40, ScalarType.Int64),
            SampleIds = Enumerable.Range(0, 40).ToArray(),
            Norm = AttackNorm.Linf,
            Epsilon = 0.1,
            Seed = 1,
        };

        var once = new PgdAttack(new() { Steps = 1, RelativeStepSize = 0.01 }).Run(input);
        var often = new PgdAttack(new() { Steps = 1, RelativeStepSize = 0.01, Restarts = 40 }).Run(input);

        // What the first start broke is not attacked again.
        var isBroken = model.call(once.Adversarial).argmax(1).ne(input.Labels);
        TensorAssert.SameBits(once.Adversarial[isBroken], often.Adversarial[isBroken]);
        Assert.InRange(AttackSubject.Broken(input, once), 2, 20);
        Assert.Equal(40, AttackSubject.Broken(input, often));
    }

    [Theory]
    [InlineData(AttackNorm.Linf, 0.1)]
    [InlineData(AttackNorm.L2, 1.5)]
    public void Run_TrainedSmallCnn_BreaksImages(AttackNorm norm, double epsilon)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new FrozenWeights(model, training: false);
        var input = AttackSubject.Golden(model, norm, epsilon);
        Assert.InRange(AttackSubject.Broken(input, new PgdAttack(new()).Run(input)), 1, input.SampleIds.Count);
    }

    [Fact]
    public void Run_AnyImages_StaysInTheBall() =>
        AttackSubject.StaysInTheBall(new PgdAttack(new() { Steps = 4, Restarts = 2 }), AttackNorm.Linf, AttackNorm.L2);

    [Theory]
    [InlineData(AttackNorm.Linf, 0.05)]
    [InlineData(AttackNorm.L2, 0.3)]
    public void Run_OtherBatchOrOrder_GivesTheSameBits(AttackNorm norm, double epsilon) =>
        AttackSubject.DoesNotDependOnTheBatch(new PgdAttack(new() { Steps = 3, Restarts = 3 }), norm, epsilon);

    [Fact]
    public void Run_Finished_LeavesNoTensorBehind() => AttackSubject.LeavesNothingBehind(new PgdAttack(new() { Steps = 2, Restarts = 2 }), AttackNorm.Linf);

    [Fact]
    public void Run_L1_IsRefusedWithAnAlternative()
    {
        using var scope = NewDisposeScope();
        using var model = LinearClassifier.Random(2, 36, 1);
        var exception = Assert.Throws<ArgumentException>(() => new PgdAttack(new()).Run(AttackSubject.Random(model, 1, AttackNorm.L1, 1, 1)));
        Assert.Contains("apgd-ce", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Cancelled_Ends()
    {
        using var scope = NewDisposeScope();
        using var model = LinearClassifier.Random(2, 36, 1);
        var input = AttackSubject.Random(model, 1, AttackNorm.Linf, 0.1, 1) with { Cancellation = new CancellationToken(canceled: true) };
        Assert.Throws<OperationCanceledException>(() => new PgdAttack(new()).Run(input));
    }

    [Theory]
    [InlineData(0, 0.25, 1, true)]
    [InlineData(20, 0, 1, true)]
    [InlineData(20, 2.1, 1, true)]
    [InlineData(20, double.NaN, 1, true)]
    [InlineData(20, 0.25, 0, true)]
    [InlineData(20, 0.25, 2, false)]
    public void PgdAttack_OptionOutOfRange_IsRefused(int steps, double relativeStepSize, int restarts, bool startsAtRandom) =>
        Assert.Throws<ValidationException>(() => new PgdAttack(new() { Steps = steps, RelativeStepSize = relativeStepSize, Restarts = restarts, StartsAtRandom = startsAtRandom }));

    /// <summary>One image of one row, [1, 1, 1, pixel].</summary>
    private static Tensor Row(params double[] pixels) => tensor(pixels).reshape(1, 1, 1, -1);
}
