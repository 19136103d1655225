using Afa.Attacks;
using Afa.Data;
using Afa.Losses;
using Afa.Tests.Data;
using Afa.Tests.Golden;
using CsCheck;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Tests.Attacks;

public class PgdTests
{
    private static readonly PgdOptions Pgd20 = new() { Epsilon = 0.1, StepSize = 0.025, Steps = 20 };

    [Fact]
    public void Perturb_TrainedSmallCnnFromTheImages_MatchesTheReference()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new Afa.Training.FrozenWeights(model, training: false);
        var batch = FashionMnist.Load(DataSplit.Test).Select(Enumerable.Range(0, 512).ToArray());
        var (images, labels) = (batch.ToTensor(CPU), batch.LabelsTensor(CPU));

        var adversarial = new Pgd(Pgd20).Perturb(x => functional.cross_entropy(model.call(x), labels, reduction: Reduction.Sum), images, start: null);

        // The reference summed in another order: a gradient near 0 may change its sign, and an image at the border its class.
        var isRobust = model.call(adversarial).argmax(1).eq(labels);
        Assert.Equal(GoldenFile.Pgd20.Get("labels"), labels);
        Assert.InRange(isRobust.ne(GoldenFile.Pgd20.Get("linf.pgd20_nostart.robust")).sum().item<long>(), 0, 1);
        AtLeast(0.97, TensorAssert.ShareWithin(1e-5, GoldenFile.Pgd20.Get("linf.pgd20_nostart_adv8"), adversarial[..8]));
    }

    [Fact]
    public void Perturb_TrainedSmallCnnFromStoredStarts_MatchesTheReference()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new Afa.Training.FrozenWeights(model, training: false);
        var batch = FashionMnist.Load(DataSplit.Test).Select(Enumerable.Range(0, 8).ToArray());
        var (images, labels) = (batch.ToTensor(CPU), batch.LabelsTensor(CPU));

        var adversarial = new Pgd(Pgd20).Perturb(
            x => functional.cross_entropy(model.call(x), labels, reduction: Reduction.Sum), images, (images + GoldenFile.Pgd20.Get("linf.pgd20_start8")).clamp(0, 1));

        AtLeast(0.97, TensorAssert.ShareWithin(1e-5, GoldenFile.Pgd20.Get("linf.pgd20_adv8"), adversarial));
    }

    [Theory]
    [InlineData("f32", ScalarType.Float32)]
    [InlineData("f64", ScalarType.Float64)]
    public void TradesStep_ComposedOfItsParts_MatchesTheAuthorsCode(string precision, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        model.to(type);
        var images = GoldenFile.TradesStep.Get("x", type);
        var labels = GoldenFile.TradesStep.Get("labels");
        var start = images + 0.001 * GoldenFile.TradesStep.Get("trades_step.noise", type);
        var pgd = new Pgd(new() { Epsilon = 0.1, StepSize = 0.025, Steps = 10 });

        var clean = model.call(images);
        var target = clean.detach();
        Tensor adversarial;
        using (new Afa.Training.FrozenWeights(model, training: false))
        {
            adversarial = pgd.Perturb(x => TradesLoss.KlDivergence(target, model.call(x)), images, start);
        }

        // The divergence is nearly flat at the start, so signs of its gradient hang on little: float32 and float64 of the authors' code differ at 3.5 % of the pixels.
        AtLeast(0.95, TensorAssert.ShareWithin(1e-4, GoldenFile.TradesStep.Get($"trades_step.{precision}.x_adv"), adversarial));
        var loss = TradesLoss.Compute(clean, model.call(adversarial), labels, beta: 6, labelSmoothing: 0, divisor: 16);
        Assert.Equal(GoldenFile.TradesStep.Number($"trades_step.{precision}.loss"), loss.to(ScalarType.Float64).item<double>(), 1e-4);
    }

    [Theory]
    [InlineData("f32", ScalarType.Float32, 1e-3)]   // One activation of conv4 lies 3e-8 from 0: its ReLU opens or not, as rounding falls.
    [InlineData("f64", ScalarType.Float64, 2e-7)]   // The stored adversarial images are float32.
    public void TradesStep_OnStoredAdversarialImages_GivesTheLossAndGradientsOfTheAuthorsCode(string precision, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        model.to(type);
        var labels = GoldenFile.TradesStep.Get("labels");

        var clean = model.call(GoldenFile.TradesStep.Get("x", type));
        var adversarial = model.call(GoldenFile.TradesStep.Get($"trades_step.{precision}.x_adv", type));
        var loss = TradesLoss.Compute(clean, adversarial, labels, beta: 6, labelSmoothing: 0, divisor: 16);
        loss.backward();

        Assert.Equal(GoldenFile.TradesStep.Number($"trades_step.{precision}.loss"), loss.to(ScalarType.Float64).item<double>(), 2e-6);
        var stored = GoldenFile.TradesStep.Names.Where(name => name.StartsWith($"trades_step.{precision}.grad.", StringComparison.Ordinal)).ToList();
        Assert.Equal(7, stored.Count);
        foreach (var name in stored)
        {
            TensorAssert.Close(GoldenFile.TradesStep.Get(name), model.get_parameter(name[(name.IndexOf("grad.", StringComparison.Ordinal) + 5)..])!.grad!, tolerance);
        }
    }

    [Fact]
    public void Perturb_AnyImagesAndSettings_StaysInTheBallAndThePixelRange()
    {
        var cases =
            from isL2 in Gen.Bool
            from isFloat64 in Gen.Bool
            from epsilon in Gen.Double[1e-3, 0.999]
            from relativeStepSize in Gen.Double[0.01, 2]
            from steps in Gen.Int[1, 5]
            from shape in Gen.Select(Gen.Long[1, 3], Gen.Long[1, 3], Gen.Long[1, 5], Gen.Long[1, 5])
            from start in Gen.Int[0, 2]
            from seed in Gen.ULong
            select (isL2, isFloat64, epsilon, relativeStepSize, steps, shape, start, seed);

        cases.Sample(c =>
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator(c.seed);
            var type = c.isFloat64 ? ScalarType.Float64 : ScalarType.Float32;
            var norm = c.isL2 ? AttackNorm.L2 : AttackNorm.Linf;
            var epsilon = c.isL2 ? 4 * c.epsilon : c.epsilon;
            long[] shape = [c.shape.Item1, c.shape.Item2, c.shape.Item3, c.shape.Item4];
            var images = (rand(shape, type, generator: generator) * 1.5 - 0.25).clamp(0, 1);   // Many pixels at 0 and at 1.
            var direction = randn(shape, type, generator: generator);
            var start = c.start switch { 0 => null, 1 => images + 0.1 * direction, _ => rand(shape, type, generator: generator) * 100 - 50 };
            var pgd = new Pgd(new() { Norm = norm, Epsilon = epsilon, StepSize = c.relativeStepSize * epsilon, Steps = c.steps });

            var adversarial = pgd.Perturb(x => (x * direction).square().sum() + (x * direction).sum(), images, start);

            // Every pixel is rounded by up to half a unit in the last place of 1, however small the ball; a norm of few values has a relative error besides.
            var change = (adversarial.to(ScalarType.Float64) - images.to(ScalarType.Float64)).flatten(1);
            var size = c.isL2 ? linalg.vector_norm(change, 2, [1]) : change.abs().amax([1]);
            var ulp = c.isFloat64 ? 1.2e-16 : 6e-8;
            var largest = size.max().item<double>();
            Assert.Equal(type, adversarial.dtype);
            Assert.False(adversarial.requires_grad);
            var bound = c.isL2 ? epsilon * (1 + (c.isFloat64 ? 1e-14 : 1e-6)) + ulp * Math.Sqrt(shape[1] * shape[2] * shape[3]) : epsilon + ulp;
            Assert.True(largest <= bound, $"{largest:r} is outside of {epsilon:r}.");
            Assert.InRange(adversarial.min().to(ScalarType.Float64).item<double>(), 0, 1);
            Assert.InRange(adversarial.max().to(ScalarType.Float64).item<double>(), 0, 1);
        }, iter: 300, threads: 1);
    }

    [Theory]
    [InlineData(AttackNorm.Linf)]
    [InlineData(AttackNorm.L2)]
    public void Perturb_ConvexObjective_RisesWithEveryStep(AttackNorm norm)
    {
        // A convex function does not fall along a step that its gradient does not oppose. Pixels keep away from 0 and 1, so that only the ball projects.
        using var scope = NewDisposeScope();
        using var generator = new Generator(2);
        var images = rand([4, 1, 3, 3], ScalarType.Float64, generator: generator) * 0.2 + 0.4;
        var center = rand([4, 1, 3, 3], ScalarType.Float64, generator: generator);
        var values = new List<double>();
        Tensor Objective(Tensor x)
        {
            var value = (x - center).square().sum();
            values.Add(value.item<double>());
            return value;
        }

        var adversarial = new Pgd(new() { Norm = norm, Epsilon = 0.3, StepSize = 0.08, Steps = 12 }).Perturb(Objective, images, start: null);
        Objective(adversarial);

        Assert.Equal(13, values.Count);
        Assert.All(values.Zip(values.Skip(1)), pair => Assert.True(pair.Second >= pair.First - 1e-12, $"{pair.First} fell to {pair.Second}."));
        Assert.True(values[^1] > values[0] + 0.1);
    }

    [Fact]
    public void Perturb_LinearObjectiveInLinf_EndsInTheCornerOfTheBox()
    {
        using var scope = NewDisposeScope();
        var images = Row(0.5, 0.95, 0.02, 0.5);
        var direction = Row(3, 1, -1, -0.1);

        var adversarial = new Pgd(new() { Epsilon = 0.1, StepSize = 0.04, Steps = 3 }).Perturb(x => (x * direction).sum(), images, start: null);

        TensorAssert.Close(Row(0.6, 1, 0, 0.4), adversarial, 1e-15);
    }

    [Fact]
    public void Perturb_LinearObjectiveInL2_EndsAtEpsilonAlongTheGradient()
    {
        using var scope = NewDisposeScope();
        var images = Row(0.5, 0.5);
        var direction = Row(3, 4);

        var adversarial = new Pgd(new() { Norm = AttackNorm.L2, Epsilon = 0.2, StepSize = 0.15, Steps = 2 }).Perturb(x => (x * direction).sum(), images, start: null);

        TensorAssert.Close(Row(0.62, 0.66), adversarial, 1e-15);
    }

    [Fact]
    public void Perturb_GradientOfZero_StaysAtTheImages()
    {
        using var scope = NewDisposeScope();
        var images = full([1, 1, 2, 2], 0.5f);
        foreach (var norm in new[] { AttackNorm.Linf, AttackNorm.L2 })
        {
            TensorAssert.SameBits(images, new Pgd(new() { Norm = norm }).Perturb(x => (x * 0).sum(), images, start: null));
        }
    }

    [Fact]
    public void Perturb_StartAndImages_AreLeftAsTheyWere()
    {
        using var scope = NewDisposeScope();
        var images = full([1, 1, 2, 2], 0.5f);
        var start = full([1, 1, 2, 2], 0.9f);

        new Pgd(new()).Perturb(x => x.sum(), images, start);

        TensorAssert.SameBits(full([1, 1, 2, 2], 0.5f), images);
        TensorAssert.SameBits(full([1, 1, 2, 2], 0.9f), start);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Perturb_Model_IsLeftAsItWas(bool training)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        model.train(training);
        var parameters = model.parameters().ToList();
        parameters[1].requires_grad = false;
        var before = parameters.Select(parameter => parameter.detach().clone()).ToList();

        new Pgd(new() { Steps = 2 }).Perturb(x => model.call(x).square().sum(), full([2, 1, 28, 28], 0.5f), start: null);

        Assert.Equal(training, model.training);
        for (var i = 0; i < parameters.Count; i++)
        {
            Assert.Equal(i != 1, parameters[i].requires_grad);
            Assert.Null(parameters[i].grad);
            TensorAssert.SameBits(before[i], parameters[i]);
        }
    }

    [Fact]
    public void Perturb_ObjectiveThatIgnoresTheImages_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        var images = full([1, 1, 28, 28], 0.5f);
        Assert.Throws<InvalidOperationException>(() => new Pgd(new()).Perturb(x => model.call(x.detach()).sum(), images, start: null));
    }

    [Fact]
    public void Perturb_ShapesThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => new Pgd(new()).Perturb(x => x.sum(), ones(2, 3, 4), start: null));
        Assert.Throws<ArgumentException>(() => new Pgd(new()).Perturb(x => x.sum(), ones(2, 1, 4, 4), ones(2, 1, 4, 5)));
    }

    private static void AtLeast(double share, double actual) => Assert.True(actual >= share, $"Only a share of {actual:g4} agrees, less than {share}.");

    /// <summary>One image of one row, [1, 1, 1, pixel].</summary>
    private static Tensor Row(params double[] pixels) => tensor(pixels).reshape(1, 1, 1, -1);
}
