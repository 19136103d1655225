using System.ComponentModel.DataAnnotations;
using Afa.Attacks;
using Afa.Data;
using Afa.Models;
using Afa.Tests.Data;
using Afa.Tests.Golden;
using Afa.Training;
using CsCheck;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Attacks;

public class ApgdTests
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1";

    [Theory]
    [InlineData("apgd_ce_linf", ApgdLoss.CrossEntropy, AttackNorm.Linf, ScalarType.Float32)]
    [InlineData("apgd_ce_l2", ApgdLoss.CrossEntropy, AttackNorm.L2, ScalarType.Float32)]
    [InlineData("apgd_dlr_linf", ApgdLoss.Dlr, AttackNorm.Linf, ScalarType.Float32)]
    [InlineData("apgd_dlrt_linf", ApgdLoss.TargetedDlr, AttackNorm.Linf, ScalarType.Float32)]
    [InlineData("apgd_ce_linf", ApgdLoss.CrossEntropy, AttackNorm.Linf, ScalarType.Float64)]
    [InlineData("apgd_ce_l2", ApgdLoss.CrossEntropy, AttackNorm.L2, ScalarType.Float64)]
    [InlineData("apgd_dlr_linf", ApgdLoss.Dlr, AttackNorm.Linf, ScalarType.Float64)]
    [InlineData("apgd_dlrt_linf", ApgdLoss.TargetedDlr, AttackNorm.Linf, ScalarType.Float64)]
    public void Run_FromGivenStarts_TakesTheStepsOfTheAuthorsCode(string name, ApgdLoss loss, AttackNorm norm, ScalarType type)
    {
        var isFloat64 = type == ScalarType.Float64;
        Assert.SkipUnless(IsLong || isFloat64, "AFA_LONG_TESTS is not 1.");
        var count = IsLong ? 16 : 4;
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        model.to(type);
        using var frozen = new FrozenWeights(model, training: false);
        var losses = new double[101, count];
        var steps = new double[101, count];
        var isRobust = Enumerable.Repeat(true, count).ToArray();
        var start = GoldenFile.ApgdTrace.Get(norm == AttackNorm.L2 ? "apgd_start_l2" : "apgd_start_linf", type)[..count];
        var attack = new Apgd(new() { Loss = loss, Targets = 1 })
        {
            Trace = new(_ => start, (sample, iteration, value, isCorrect, stepSize) =>
            {
                (losses[iteration, sample], steps[iteration, sample]) = (value, stepSize);
                isRobust[sample] &= isCorrect;
            }),
        };

        attack.Run(new AttackInput
        {
            Model = model,
            Images = GoldenFile.ApgdTrace.Get("x", type)[..count],
            Labels = GoldenFile.ApgdTrace.Get("labels")[..count],
            SampleIds = [.. Enumerable.Range(0, count)],
            Norm = norm,
            Epsilon = Epsilon(norm),
            Seed = 0,
            BatchSize = count,
        });

        // Float32: in one image of 16 an activation lies so near to 0 that rounding opens or shuts its ReLU, and its path goes another way from there. Of targeted DLR
        // even the authors' code in float32 takes other steps than in float64 from iteration 99 on: a loss that just rises or just does not.
        var golden = $"{name}.{(isFloat64 ? "f64" : "f32")}";
        var (expected, actual) = (Expected("loss"), tensor(losses)[1..]);
        var sameSteps = loss == ApgdLoss.TargetedDlr && !isFloat64 ? 90 : 100;
        TensorAssert.Close(Expected("loss0"), tensor(losses)[0], isFloat64 ? 1e-12 : 1e-5);
        TensorAssert.Close(Expected("step_size")[..sameSteps], tensor(steps)[1..(sameSteps + 1)], isFloat64 ? 0 : 1e-7);
        TensorAssert.Close(expected, actual, isFloat64 ? 1e-12 : 0.02);
        Assert.InRange(TensorAssert.ShareWithin(1e-4, expected[..50], actual[..50]), 15.0 / 16, 1);
        Assert.InRange(TensorAssert.ShareWithin(1e-3, expected, actual), 15.0 / 16, 1);
        Assert.Equal(Expected("robust"), tensor(isRobust));

        Tensor Expected(string what) => GoldenFile.ApgdTrace.Get($"{golden}.{what}").narrow(-1, 0, count);
    }

    [Theory]
    [InlineData(ApgdLoss.CrossEntropy, AttackNorm.Linf)]
    [InlineData(ApgdLoss.CrossEntropy, AttackNorm.L2)]
    [InlineData(ApgdLoss.TargetedDlr, AttackNorm.Linf)]
    [InlineData(ApgdLoss.TargetedDlr, AttackNorm.L2)]
    public void Run_WithTheDrawsOfTheAuthorsCode_BreaksTheImagesThatItBreaks(ApgdLoss loss, AttackNorm norm)
    {
        // That code draws for all images of a batch that still stand, so those of later runs need the whole batch.
        Assert.SkipUnless(IsLong || loss == ApgdLoss.CrossEntropy, "AFA_LONG_TESTS is not 1.");
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new FrozenWeights(model, training: false);
        using var generator = new Generator(0);
        var whole = CorrectOf(model, 256);
        var ids = IsLong ? whole : whole[..24];
        var attack = new Apgd(new() { Loss = loss })
        {
            Trace = new(images =>
            {
                long[] drawn = [IsLong ? images.shape[0] : whole.Length, .. images.shape[1..]];
                var noise = norm == AttackNorm.L2 ? randn(drawn, generator: generator) : rand(drawn, generator: generator) * 2 - 1;
                return (images + (noise / (PerturbationNorm.Of(noise, norm) + 1e-12) * Epsilon(norm))[..(int)images.shape[0]]).clamp(0, 1);
            }),
        };

        var (robust, expected) = RobustFlags(attack, Input(model, ids, norm) with { BatchSize = ids.Length }, loss);

        Assert.InRange(robust.ne(expected).sum().item<long>(), 0, IsLong ? 2 : 1);
    }

    [Theory]
    [InlineData(false, "0111010110100001111100111101110111001100111101111111010110010101")]
    [InlineData(true, "0011010010100001110100010101000011000000111101100111010110010101")]
    public void Run_WithTheDrawsOfTheAuthorsCodeInL1_BreaksTheImagesThatItBreaks(bool usesLargerRadii, string robust)
    {
        // 1: the image stands under the official APGD (cross-entropy, ε 6, seed 0) on the first 64 test images that the network gets right, run at the commit in Golden/README.md.
        Assert.SkipUnless(IsLong || usesLargerRadii, "AFA_LONG_TESTS is not 1.");
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new FrozenWeights(model, training: false);
        using var generator = new Generator(0);
        var ids = CorrectOf(model, 96)[..(IsLong ? 64 : 24)];
        var attack = new Apgd(new() { UsesLargerRadii = usesLargerRadii })
        {
            Trace = new(images =>
            {
                var noise = randn([robust.Length, .. images.shape[1..]], generator: generator)[..ids.Length];
                return (images + L1Ball.Project(images, noise, full(ids.Length, usesLargerRadii ? 18 : 6))).clamp(0, 1);
            }),
        };
        var input = Input(model, ids, AttackNorm.L1) with { Epsilon = 6, BatchSize = ids.Length };

        var outcome = attack.Run(input);

        CheckOutcome(input, outcome);
        var stands = model.call(outcome.Adversarial).argmax(1).eq(input.Labels).data<bool>().ToArray();
        var differing = stands.Where((isRobust, i) => isRobust != (robust[i] == '1')).Count();
        TestContext.Current.TestOutputHelper?.WriteLine($"{differing} of {ids.Length} flags differ.");
        Assert.InRange(differing, 0, IsLong ? 3 : 2);
    }

    [Theory]
    [InlineData(AttackNorm.Linf)]
    [InlineData(AttackNorm.L2)]
    public void Run_WithOwnDraws_BreaksAsManyImagesAsTheAuthorsCode(AttackNorm norm)
    {
        Assert.SkipUnless(IsLong || norm == AttackNorm.L2, "AFA_LONG_TESTS is not 1.");
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new FrozenWeights(model, training: false);
        var input = Input(model, CorrectOf(model, IsLong ? 256 : 28), norm);
        var images = input.Images.clone();

        var (robust, expected) = RobustFlags(new Apgd(new()), input, ApgdLoss.CrossEntropy);

        // In Linf hardly an image stands from one start and falls from another. In L2 the official code with seed 1 differs from itself with seed 0 in 26 of 256 flags,
        // and the number of robust images by their balance, with a standard deviation of √26 ≈ 5, or 1.6 of 28 images: 3 of these are allowed.
        var balance = robust.sum().item<long>() - expected.sum().item<long>();
        Assert.InRange(Math.Abs(balance), 0, (norm, IsLong) switch { (AttackNorm.Linf, _) => 2, (_, true) => 15, _ => 5 });
        TensorAssert.SameBits(images, input.Images);
    }

    [Theory]
    [InlineData(AttackNorm.Linf)]
    [InlineData(AttackNorm.L2)]
    [InlineData(AttackNorm.L1)]
    public void Run_OtherBatchSizeOrOrder_GivesEachSampleTheSameResult(AttackNorm norm)
    {
        // In float64 rounding, which does depend on the batch, decides nothing.
        using var scope = NewDisposeScope();
        using var model = Tiny(classes: 10, height: 12, width: 12);
        model.to(ScalarType.Float64);
        using var frozen = new FrozenWeights(model, training: false);
        var epsilon = norm switch { AttackNorm.Linf => 0.02, AttackNorm.L2 => 0.15, _ => 0.3 };   // Some samples fall, some stand.
        var input = TinyInput(model, count: 14, norm, epsilon, seed: 2, ScalarType.Float64);
        var attack = new Apgd(new() { Iterations = 8, Restarts = 2, UsesLargerRadii = norm == AttackNorm.L1 });

        var whole = attack.Run(input).Adversarial;

        Assert.InRange(whole.ne(input.Images).flatten(1).any(1).sum().item<long>(), 3, 11);
        TensorAssert.Close(whole, attack.Run(input with { BatchSize = 3 }).Adversarial, 1e-9);
        TensorAssert.Close(whole.flip(0), attack.Run(Of([.. Enumerable.Range(0, 14).Reverse()]) with { BatchSize = 4 }).Adversarial, 1e-9);
        TensorAssert.Close(whole[2..5], attack.Run(Of([2, 3, 4])).Adversarial, 1e-9);

        AttackInput Of(int[] samples)
        {
            var index = tensor(samples.Select(sample => (long)sample).ToArray());
            return input with { Images = input.Images[index], Labels = input.Labels[index], SampleIds = samples };
        }
    }

    [Fact]
    public void Run_OtherSeed_StartsElsewhere()
    {
        using var scope = NewDisposeScope();
        using var model = Tiny(classes: 4);
        using var frozen = new FrozenWeights(model, training: false);
        var attack = new Apgd(new() { Iterations = 1 });
        var input = TinyInput(model, count: 6, AttackNorm.L2, epsilon: 8, seed: 3);

        var first = attack.Run(input).Adversarial;

        TensorAssert.SameBits(first, attack.Run(input).Adversarial);
        Assert.True(TensorAssert.LargestDifference(first, attack.Run(input with { Seed = 4 }).Adversarial) > 0.01);
    }

    [Fact]
    public void Run_AnyModelAndThreat_StaysInTheBallAndThePixelRange()
    {
        var cases =
            from norm in Gen.Enum<AttackNorm>()
            from loss in Gen.Enum<ApgdLoss>()
            from isFloat64 in Gen.Bool
            from epsilon in Gen.Double[0.01, 1]
            from iterations in Gen.Int[3, 12]
            from restarts in Gen.Int[1, 2]
            from sizes in Gen.Select(Gen.Int[1, 5], Gen.Int[1, 3], Gen.Int[8, 11], Gen.Int[8, 11])
            from usesLargerRadii in Gen.Bool
            from seed in Gen.ULong
            select (norm, loss, isFloat64, epsilon, iterations, restarts, sizes, usesLargerRadii, seed);

        cases.Sample(c =>
        {
            using var scope = NewDisposeScope();
            using var model = Tiny(classes: 5, c.sizes.Item2, c.sizes.Item3, c.sizes.Item4, c.seed);
            var type = c.isFloat64 ? ScalarType.Float64 : ScalarType.Float32;
            model.to(type);
            using var frozen = new FrozenWeights(model, training: false);
            var epsilon = c.epsilon * c.norm switch { AttackNorm.Linf => 1, AttackNorm.L2 => 5, _ => 40 };
            var input = TinyInput(model, c.sizes.Item1, c.norm, epsilon, c.seed, type) with { BatchSize = 2 };
            var attack = new Apgd(new()
            {
                Loss = c.loss,
                Iterations = c.iterations,
                Restarts = c.restarts,
                Targets = 2,
                UsesLargerRadii = c.usesLargerRadii && c.norm == AttackNorm.L1,
            });

            CheckOutcome(input, attack.Run(input));
        }, iter: IsLong ? 1000 : 80, threads: 1);
    }

    [Fact]
    public void Run_SamplesThatFall_LeaveAtOnceAndAreReported()
    {
        // In the ball of radius 1 every image is near every other: all fall within a step or two, so 3 rows do for 12 samples in few passes.
        using var scope = NewDisposeScope();
        using var model = Tiny(classes: 4);
        using var frozen = new FrozenWeights(model, training: false);
        var (finished, broken) = (0, 0);
        var input = TinyInput(model, count: 12, AttackNorm.Linf, epsilon: 1, seed: 5) with
        {
            BatchSize = 3,
            Finished = (samples, ofThemBroken) => (finished, broken) = (finished + samples, broken + ofThemBroken),
        };

        var outcome = new Apgd(new() { Loss = ApgdLoss.TargetedDlr, Targets = 3, Iterations = 20 }).Run(input);

        Assert.Equal(12, finished);
        Assert.Equal(model.call(outcome.Adversarial).argmax(1).ne(input.Labels).sum().item<long>(), broken);
        Assert.InRange(broken, 6, 12);
    }

    [Fact]
    public void Run_LaterTargetOrRestart_GoesOnWhereEarlierRunsFailed()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new FrozenWeights(model, training: false);
        var input = Input(model, CorrectOf(model, 40), AttackNorm.L2);

        var one = Robust(new() { Loss = ApgdLoss.TargetedDlr, Targets = 1, Iterations = 10 });
        var three = Robust(new() { Loss = ApgdLoss.TargetedDlr, Targets = 3, Iterations = 10 });
        var restarted = Robust(new() { Loss = ApgdLoss.TargetedDlr, Targets = 1, Restarts = 3, Iterations = 10 });

        // The first run is the same in all three, so more runs never save an image.
        Assert.False(three.logical_and(one.logical_not()).any().item<bool>());
        Assert.False(restarted.logical_and(one.logical_not()).any().item<bool>());
        Assert.True(three.sum().item<long>() < one.sum().item<long>());

        Tensor Robust(ApgdOptions options) => model.call(new Apgd(options).Run(input).Adversarial).argmax(1).eq(input.Labels);
    }

    [Fact]
    public void Run_ModelWithoutGradient_CountsEachSampleOnce()
    {
        // The network's last ReLU is shut by a large negative bias, so that its gradient is 0 everywhere.
        using var scope = NewDisposeScope();
        using var model = Tiny(classes: 4);
        using var frozen = new FrozenWeights(model, training: false);
        model.get_parameter("fc1.bias")!.fill_(-1e6);
        var input = TinyInput(model, count: 5, AttackNorm.Linf, epsilon: 0.1, seed: 1);

        Assert.Equal(5, new Apgd(new() { Loss = ApgdLoss.Dlr, Iterations = 2, Restarts = 3 }).Run(input).ZeroGradients);
        Assert.Equal(0, new Apgd(new() { Iterations = 2 }).Run(input).ZeroGradients);
    }

    [Fact]
    public void Run_SeveralGradientSamplesOfAModelWithoutNoise_GiveWhatOneGives()
    {
        using var scope = NewDisposeScope();
        using var model = Tiny(classes: 4);
        model.to(ScalarType.Float64);
        using var frozen = new FrozenWeights(model, training: false);
        var input = TinyInput(model, count: 6, AttackNorm.L2, epsilon: 2, seed: 3, ScalarType.Float64);

        TensorAssert.Close(new Apgd(new() { Iterations = 10 }).Run(input).Adversarial, new Apgd(new() { Iterations = 10, EotSamples = 3 }).Run(input).Adversarial, 1e-9);
    }

    [Fact]
    public void Run_ManyTimes_LeavesNoTensorBehind()
    {
        using var scope = NewDisposeScope();
        using var model = Tiny(classes: 5);
        using var frozen = new FrozenWeights(model, training: false);
        foreach (var norm in Enum.GetValues<AttackNorm>())
        {
            foreach (var loss in Enum.GetValues<ApgdLoss>())
            {
                var attack = new Apgd(new() { Loss = loss, Iterations = 5, Targets = 2, UsesLargerRadii = norm == AttackNorm.L1 });
                var input = TinyInput(model, count: 5, norm, epsilon: 0.5, seed: 1) with { BatchSize = 2 };
                var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

                attack.Run(input).Adversarial.Dispose();

                Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
            }
        }
    }

    [Fact]
    public void Run_NoImages_FindsNothing()
    {
        using var scope = NewDisposeScope();
        using var model = Tiny(classes: 4);
        using var frozen = new FrozenWeights(model, training: false);

        Assert.Equal([0, 1, 8, 8], new Apgd(new()).Run(TinyInput(model, count: 0, AttackNorm.Linf, epsilon: 0.1, seed: 1)).Adversarial.shape);
    }

    [Fact]
    public void Run_TooFewClasses_SaysWhatIsNeeded()
    {
        using var scope = NewDisposeScope();
        using var two = Tiny(classes: 2);
        using var five = Tiny(classes: 5);

        Assert.Contains("at least 10 classes, not 5; set Targets to 4 or less", Message(five, new() { Loss = ApgdLoss.TargetedDlr }), StringComparison.Ordinal);
        Assert.Contains("at least 4 classes, not 2; use the loss CrossEntropy", Message(two, new() { Loss = ApgdLoss.TargetedDlr, Targets = 1 }), StringComparison.Ordinal);
        Assert.Contains("at least 3 classes, not 2; use the loss CrossEntropy", Message(two, new() { Loss = ApgdLoss.Dlr }), StringComparison.Ordinal);
        Assert.Contains("is for L1, not Linf", Message(five, new() { UsesLargerRadii = true }), StringComparison.Ordinal);

        static string Message(ImageClassifier model, ApgdOptions options) =>
            Assert.Throws<ArgumentException>(() => new Apgd(options).Run(TinyInput(model, 2, AttackNorm.Linf, 0.1, 1))).Message;
    }

    [Fact]
    public void Constructor_OptionsOutOfRange_AreRefused()
    {
        ApgdOptions[] wrong =
        [
            new() { Loss = (ApgdLoss)9 }, new() { Iterations = 0 }, new() { Iterations = 2, UsesLargerRadii = true }, new() { Restarts = 0 },
            new() { Targets = 0 }, new() { EotSamples = 0 }, new() { Rho = 0 }, new() { Rho = double.NaN }, new() { Rho = 1.5 },
        ];
        Assert.All(wrong, options => Assert.Throws<ValidationException>(() => new Apgd(options)));
    }

    /// <summary>Which images the attack leaves standing, and which that of the authors' code does.</summary>
    private static (Tensor Actual, Tensor Expected) RobustFlags(Apgd attack, AttackInput input, ApgdLoss loss)
    {
        var outcome = attack.Run(input);
        CheckOutcome(input, outcome);
        var actual = input.Model.call(outcome.Adversarial).argmax(1).eq(input.Labels);
        var name = $"{(input.Norm == AttackNorm.L2 ? "l2" : "linf")}.alone.{(loss == ApgdLoss.TargetedDlr ? "apgd-t" : "apgd-ce")}";
        var expected = GoldenFile.AutoAttackFlags.Get(name)[tensor(input.SampleIds.Select(id => (long)id).ToArray())];
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {actual.sum().item<long>()} robust, reference {expected.sum().item<long>()}, {actual.ne(expected).sum().item<long>()} flags differ.");
        return (actual, expected);
    }

    private static double Epsilon(AttackNorm norm) => norm switch { AttackNorm.Linf => 0.1, AttackNorm.L2 => 1.5, _ => 12 };

    /// <summary>Every image lies in the ball and in the pixel range, and is either the clean one or one that the model gets wrong.</summary>
    private static void CheckOutcome(AttackInput input, AttackOutcome outcome)
    {
        using var scope = NewDisposeScope();
        var adversarial = outcome.Adversarial;
        Assert.Equal(input.Images.dtype, adversarial.dtype);
        Assert.False(adversarial.requires_grad);
        var change = adversarial.to(ScalarType.Float64) - input.Images.to(ScalarType.Float64);
        var largest = change.numel() == 0 ? 0 : PerturbationNorm.Of(change, input.Norm).max().item<double>();
        var rounding = input.Images.dtype == ScalarType.Float64 ? 1.2e-16 : 6e-8;
        var allowed = input.Norm == AttackNorm.Linf ? input.Epsilon + rounding : input.Epsilon * (1 + 1e-6);
        Assert.True(largest <= allowed, $"{largest:r} is outside of {input.Epsilon:r}.");
        Assert.InRange(adversarial.min().to(ScalarType.Float64).item<double>(), 0, 1);
        Assert.InRange(adversarial.max().to(ScalarType.Float64).item<double>(), 0, 1);

        var isWrong = input.Model.call(adversarial).argmax(1).ne(input.Labels);
        var isClean = change.eq(0).flatten(1).all(1);
        Assert.True(isWrong.logical_or(isClean).all().item<bool>());
    }

    /// <summary>The first test images, those only that the model gets right.</summary>
    private static int[] CorrectOf(ImageClassifier model, int count)
    {
        using var scope = NewDisposeScope();
        var input = Input(model, [.. Enumerable.Range(0, count)], AttackNorm.Linf);
        var isCorrect = model.call(input.Images).argmax(1).eq(input.Labels).data<bool>().ToArray();
        return [.. Enumerable.Range(0, count).Where(id => isCorrect[id])];
    }

    private static AttackInput Input(ImageClassifier model, int[] ids, AttackNorm norm)
    {
        var batch = FashionMnist.Load(DataSplit.Test).Select(ids);
        return new AttackInput
        {
            Model = model,
            Images = batch.ToTensor(CPU).to(model.parameters().First().dtype),
            Labels = batch.LabelsTensor(CPU),
            SampleIds = ids,
            Norm = norm,
            Epsilon = Epsilon(norm),
            Seed = 0,
        };
    }

    private static ImageClassifier Tiny(int classes, int channels = 1, int height = 8, int width = 8, ulong seed = 1) =>
        ModelRegistry.Create(new ModelOptions { WidthFactor = 0.1, Classes = classes, Channels = channels, Height = height, Width = width }, seed);

    /// <summary>Random images, labeled as the model sees them.</summary>
    private static AttackInput TinyInput(ImageClassifier model, int count, AttackNorm norm, double epsilon, ulong seed, ScalarType type = ScalarType.Float32)
    {
        using var generator = new Generator(seed);
        var images = (rand([count, model.Options.Channels, model.Options.Height, model.Options.Width], type, generator: generator) * 1.5 - 0.25).clamp(0, 1);
        using var noGradients = no_grad();
        return new AttackInput
        {
            Model = model,
            Images = images,
            Labels = count == 0 ? zeros(0, dtype: ScalarType.Int64) : model.call(images).argmax(1),
            SampleIds = [.. Enumerable.Range(0, count)],
            Norm = norm,
            Epsilon = epsilon,
            Seed = seed,
        };
    }
}
