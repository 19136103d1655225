using System.ComponentModel.DataAnnotations;
using Afa.Attacks;
using Afa.Tests.Golden;
using Afa.Training;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Attacks;

public class CarliniWagnerTests
{
    private static readonly double[] s_independent = [0.776, 4.044, 0.399, 3.582, 3.032, 1.795];

    [Fact]
    public void Run_LinearModel_FindsTheDistanceToTheBoundary()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var weights = rand([1, 12], ScalarType.Float64, generator: generator) + 0.5;
        using var model = new LinearClassifier(cat([weights, zeros_like(weights)]), cat([-0.5 * weights.sum(1), zeros(1, ScalarType.Float64)]));   // Through gray.
        var sides = tensor(new double[] { -1, 1, -1, 1 }).reshape(4, 1, 1, 1);
        var images = 0.5 + sides * (rand([4, 1, 3, 4], ScalarType.Float64, generator: generator) * 0.1 + tensor(new[] { 0, 0, 0.1, 0.1 }).reshape(4, 1, 1, 1));   // Away from 0 and 1.
        var values = (images.flatten(1) * weights).sum(1) - 0.5 * weights.sum();
        var exact = (values.abs() / weights.square().sum().sqrt()).data<double>().ToArray();
        var input = new AttackInput
        {
            Model = model,
            Images = images,
            Labels = values.lt(0).to(ScalarType.Int64),
            SampleIds = Enumerable.Range(0, 4).ToArray(),
            Norm = AttackNorm.L2,
            Epsilon = 0.3,
            Seed = 0,
        };

        var outcome = new CarliniWagner(new() { SearchSteps = 6, Iterations = 300, LearningRate = 0.01, InitialWeight = 0.1 }).Run(input);

        Assert.All(exact.Zip(outcome.Distances!), pair => Assert.InRange(pair.Second / pair.First, 1, 1.05));
        var isInBall = outcome.Distances!.Select(distance => distance <= 0.3).ToArray();
        Assert.Contains(true, isInBall);
        Assert.Contains(false, isInBall);
        Assert.Equal(isInBall, model.call(outcome.Adversarial).argmax(1).ne(input.Labels).data<bool>().ToArray());
    }

    [Fact]
    public void Run_TrainedSmallCnn_FindsDistancesLikeAnIndependentProgram()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new FrozenWeights(model, training: false);
        var input = AttackSubject.Golden(model, AttackNorm.L2, 1.5);
        input = input with { Images = input.Images[..6], Labels = input.Labels[..6] };

        var outcome = new CarliniWagner(new()).Run(input);

        // Written from the paper in Python with torch 1.13 and its Adam, same settings. It gives up a search step for all images at once, so it may find larger ones.
        Assert.All(s_independent.Zip(outcome.Distances!), pair => Assert.InRange(pair.Second / pair.First, 0.9, 1.03));
        Assert.Equal(outcome.Distances!.Count(distance => distance <= 1.5), AttackSubject.Broken(input, outcome));
    }

    [Fact]
    public void Run_ModelWithOneAnswer_FindsNothing()
    {
        using var scope = NewDisposeScope();
        using var model = new LinearClassifier(zeros([2, 36], ScalarType.Float64), tensor(new double[] { 1, 0 }), logits => logits);
        var input = AttackSubject.Random(model, 3, AttackNorm.L2, 10, 1);

        var outcome = new CarliniWagner(new()).Run(input);

        Assert.All(outcome.Distances!, distance => Assert.Equal(double.PositiveInfinity, distance));
        TensorAssert.SameBits(input.Images, outcome.Adversarial);
    }

    [Fact]
    public void Run_AnyImages_StaysInTheBall() => AttackSubject.StaysInTheBall(new CarliniWagner(new() { SearchSteps = 2, Iterations = 20 }), AttackNorm.L2);

    [Fact]
    public void Run_OtherBatchOrOrder_GivesTheSame() =>
        AttackSubject.DoesNotDependOnTheBatch(new CarliniWagner(new() { SearchSteps = 3, Iterations = 50 }), AttackNorm.L2, 0.3, tolerance: 1e-9);   // The engine's tanh rounds by an element's place in memory.

    [Fact]
    public void Run_Finished_LeavesNoTensorBehind() => AttackSubject.LeavesNothingBehind(new CarliniWagner(new() { SearchSteps = 2, Iterations = 10 }), AttackNorm.L2);

    [Fact]
    public void Run_OtherNorm_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var model = LinearClassifier.Random(2, 36, 1);
        Assert.Throws<ArgumentException>(() => new CarliniWagner(new()).Run(AttackSubject.Random(model, 1, AttackNorm.Linf, 0.1, 1)));
    }

    [Theory]
    [InlineData(0, 200, 0.1, 1)]
    [InlineData(5, 9, 0.1, 1)]
    [InlineData(5, 200, 0, 1)]
    [InlineData(5, 200, double.NaN, 1)]
    [InlineData(5, 200, 0.1, 0)]
    public void CarliniWagner_OptionOutOfRange_IsRefused(int searchSteps, int iterations, double learningRate, double initialWeight) =>
        Assert.Throws<ValidationException>(() => new CarliniWagner(new() { SearchSteps = searchSteps, Iterations = iterations, LearningRate = learningRate, InitialWeight = initialWeight }));
}
