using System.ComponentModel.DataAnnotations;
using Afa.Attacks;
using Afa.Tests.Golden;
using Afa.Training;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Attacks;

public class DeepFoolTests
{
    [Theory]
    [InlineData(AttackNorm.L2)]
    [InlineData(AttackNorm.Linf)]
    public void Run_LinearModel_GivesTheDistanceToTheNearestBoundary(AttackNorm norm)
    {
        // Boundaries so near that no pixel comes to 0 or 1. The authors' code adds 1e-4 to a step, then 2 %.
        using var scope = NewDisposeScope();
        using var weights = randn([5, 12], ScalarType.Float64, generator: new Generator(3));
        var images = 0.45 + 0.1 * rand([8, 1, 3, 4], ScalarType.Float64, generator: new Generator(4));
        var offsets = -weights.mv(full([12], 0.5, ScalarType.Float64));
        using var model = new LinearClassifier(weights.clone().DetachFromDisposeScope(), offsets.clone().DetachFromDisposeScope());
        var labels = model.call(images).argmax(1);

        var outcome = new DeepFool(new()).Run(Input(images, labels, model, norm, epsilon: 0.01));

        for (var i = 0; i < 8; i++)
        {
            var label = labels[i].item<long>();
            var nearest = Enumerable.Range(0, 5).Where(rival => rival != label).Min(rival =>
            {
                var normal = weights[rival] - weights[label];
                var difference = (normal.dot(images[i].flatten()) + offsets[rival] - offsets[label]).abs().item<double>();
                return difference / (norm == AttackNorm.L2 ? normal.norm() : normal.abs().sum()).item<double>();
            });
            Assert.Equal(1.02 * (nearest + 1e-4), outcome.Distances![i], 1e-9);
            Assert.Equal(nearest < 0.009, outcome.Adversarial[i].ne(images[i]).any().item<bool>());
        }
    }

    [Fact]
    public void Run_BoundaryOutsideThePixelRange_FindsNothing()
    {
        using var scope = NewDisposeScope();
        using var model = new LinearClassifier(tensor(new double[,] { { 0, 0 }, { 1, 1 } }).DetachFromDisposeScope(), tensor(new[] { 0.0, -3 }).DetachFromDisposeScope());
        var images = full([1, 1, 1, 2], 0.5, ScalarType.Float64);

        var outcome = new DeepFool(new() { Steps = 5 }).Run(Input(images, zeros([1], ScalarType.Int64), model, AttackNorm.L2, epsilon: 10));

        Assert.Equal(double.PositiveInfinity, outcome.Distances![0]);
        TensorAssert.SameBits(images, outcome.Adversarial);
    }

    [Fact]
    public void Run_TrainedSmallCnn_FindsDistancesNotMuchAboveThoseOfFab()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new FrozenWeights(model, training: false);
        foreach (var (norm, epsilon) in new[] { (AttackNorm.L2, 1.5), (AttackNorm.Linf, 0.15) })
        {
            var input = AttackSubject.Golden(model, norm, epsilon);

            var quick = new DeepFool(new()).Run(input);
            var thorough = new Fab(new() { IsTargeted = true, Targets = 2, Iterations = 10, FindsMinimumNorm = true }).Run(input);

            Assert.Equal(AttackSubject.Broken(input, quick), quick.Distances!.Count(distance => distance <= epsilon));
            Assert.All(quick.Distances!, distance => Assert.True(double.IsFinite(distance)));
            Assert.InRange(quick.Distances!.Average() / thorough.Distances!.Average(), 0.95, 6);
        }
    }

    [Fact]
    public void Run_AnyModelAndRadius_StaysInTheBall() =>
        AttackSubject.StaysInTheBall(new DeepFool(new() { Steps = 5 }), AttackNorm.Linf, AttackNorm.L2);

    [Theory]
    [InlineData(AttackNorm.Linf, 0.1)]
    [InlineData(AttackNorm.L2, 0.5)]
    public void Run_OtherBatchesAndOrder_GiveTheSameBits(AttackNorm norm, double epsilon) =>
        AttackSubject.DoesNotDependOnTheBatch(new DeepFool(new()), norm, epsilon);

    [Fact]
    public void Run_SmallCnn_LeavesNothingBehind() => AttackSubject.LeavesNothingBehind(new DeepFool(new() { Steps = 2 }), AttackNorm.L2);

    [Fact]
    public void Run_L1_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var model = LinearClassifier.Random(classes: 4, pixels: 36, seed: 1);
        Assert.Throws<ArgumentException>(() => new DeepFool(new()).Run(AttackSubject.Random(model, 2, AttackNorm.L1, 1, seed: 2)));
    }

    [Fact]
    public void DeepFool_OptionOutOfRange_IsRefused()
    {
        DeepFoolOptions[] wrong = [new() { Steps = 0 }, new() { Overshoot = double.NaN }, new() { Overshoot = -0.1 }, new() { CandidateClasses = 1 }];
        Assert.All(wrong, options => Assert.Throws<ValidationException>(() => new DeepFool(options)));
    }

    private static AttackInput Input(Tensor images, Tensor labels, LinearClassifier model, AttackNorm norm, double epsilon) => new()
    {
        Model = model,
        Images = images,
        Labels = labels,
        SampleIds = Enumerable.Range(0, (int)images.shape[0]).ToArray(),
        Norm = norm,
        Epsilon = epsilon,
        Seed = 0,
    };
}
