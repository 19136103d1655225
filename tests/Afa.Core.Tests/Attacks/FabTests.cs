using System.ComponentModel.DataAnnotations;
using Afa.Attacks;
using Afa.Data;
using Afa.Tests.Data;
using Afa.Tests.Golden;
using Afa.Training;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Attacks;

public class FabTests
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1";

    /// <summary>Short enough for tests, on models of 4 classes.</summary>
    private static readonly FabOptions Short = new() { IsTargeted = true, Targets = 3, Restarts = 2, Iterations = 6 };

    // One activation of image 13 lies 3e-8 from 0: its ReLU opens or not, as rounding falls. Besides, the reference's L2 projections lose digits:
    // its float32 and float64 differ by 0.007 on image 9.
    [Theory]
    [InlineData(AttackNorm.Linf, 0.1, "fab_t_linf", 1e-4, 15)]
    [InlineData(AttackNorm.L2, 1.5, "fab_t_l2", 1e-3, 13)]
    public void Run_TargetedOnTrainedSmallCnn_FollowsTheReferenceStepByStep(AttackNorm norm, double epsilon, string trace, double tolerance, int least)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new FrozenWeights(model, training: false);
        var steps = Enumerable.Range(0, 16).Select(_ => new List<FabStep>()).ToArray();
        var fab = new Fab(new() { IsTargeted = true, Targets = 1, Iterations = 10, FindsMinimumNorm = true }) { Stepped = (sample, step) => steps[sample].Add(step) };

        var outcome = fab.Run(new()
        {
            Model = model,
            Images = GoldenFile.FabTrace.Get("x"),
            Labels = GoldenFile.FabTrace.Get("labels"),
            SampleIds = Enumerable.Range(0, 16).ToArray(),
            Norm = norm,
            Epsilon = epsilon,
            Seed = 0,
        });

        Assert.All(steps, ofSample => Assert.Equal(10, ofSample.Count));
        AssertFollows("df", step => step.Difference);
        AssertFollows("b", step => step.Offset);
        AssertFollows("alpha", step => step.Alpha);
        AssertFollows("a1", step => step.FromPoint);
        AssertFollows("a2", step => step.FromImage);
        var points = GoldenFile.FabTrace.Get($"{trace}.f32.x_step");   // [step, image, channel, height, width], the first 4 images.
        for (var step = 0; step < 10; step++)
        {
            var actual = tensor(steps.Take(4).SelectMany(ofSample => ofSample[step].Point).ToArray()).reshape(4, 1, 28, 28);
            TensorAssert.Close(points[step], actual, 1e-4);
        }

        var distances = GoldenFile.FabTrace.Get($"{trace}.f32.res")[9].data<float>().ToArray();
        Assert.InRange(distances.Zip(outcome.Distances!).Count(pair => Math.Abs(pair.First - pair.Second) <= tolerance), least, 16);

        void AssertFollows(string name, Func<FabStep, double> value)
        {
            var expected = GoldenFile.FabTrace.Get($"{trace}.f32.{name}").data<float>().ToArray();
            var following = Enumerable.Range(0, 16).Count(sample => steps[sample].Select((step, i) => Math.Abs(value(step) - expected[16 * i + sample])).Max() <= tolerance);
            Assert.True(following >= least, $"{name} follows the reference for {following} images only.");
        }
    }

    [Theory]
    [InlineData(AttackNorm.Linf, 0.1)]
    [InlineData(AttackNorm.L2, 1.5)]
    public void Run_TargetedOnTrainedSmallCnn_BreaksTheImagesThatTheReferenceBreaks(AttackNorm norm, double epsilon)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new FrozenWeights(model, training: false);
        var name = norm == AttackNorm.L2 ? "l2" : "linf";
        var clean = GoldenFile.AutoAttackFlags.Get($"{name}.robust.0_clean").data<bool>().ToArray();
        var expected = GoldenFile.AutoAttackFlags.Get($"{name}.alone.fab-t").data<bool>().ToArray();

        // In short, some that are broken, which they are quickly; others cost all iterations for all targets.
        var tried = Enumerable.Range(0, 256).Where(i => clean[i]);
        var samples = (IsLong ? tried : tried.Where(i => !expected[i]).Take(12)).ToArray();
        var batch = FashionMnist.Load(DataSplit.Test).Select(samples);
        var input = new AttackInput
        {
            Model = model,
            Images = batch.ToTensor(CPU),
            Labels = batch.LabelsTensor(CPU),
            SampleIds = samples,
            Norm = norm,
            Epsilon = epsilon,
            Seed = 0,
        };

        var outcome = new Fab(new() { IsTargeted = true }).Run(input);

        var isRobust = model.call(outcome.Adversarial).argmax(1).eq(input.Labels).data<bool>().ToArray();
        Assert.InRange(samples.Zip(isRobust).Count(sample => expected[sample.First] != sample.Second), 0, Math.Max(1, samples.Length / 100));
        Assert.InRange(PerturbationNorm.Of(outcome.Adversarial.to(ScalarType.Float64) - input.Images.to(ScalarType.Float64), norm).max().item<double>(), 0, epsilon);
    }

    [Theory]
    [InlineData(AttackNorm.Linf)]
    [InlineData(AttackNorm.L2)]
    [InlineData(AttackNorm.L1)]
    public void Run_UntargetedOnLinearModel_FindsTheDistanceToTheNearestBoundary(AttackNorm norm)
    {
        using var scope = NewDisposeScope();
        using var weights = randn([4, 36], ScalarType.Float64, generator: new Generator(3));
        using var offsets = randn([4], ScalarType.Float64, generator: new Generator(4));
        using var model = new LinearClassifier(weights.clone().DetachFromDisposeScope(), offsets.clone().DetachFromDisposeScope());
        var input = AttackSubject.Random(model, 12, norm, 0.05, seed: 1);

        var outcome = new Fab(new() { FindsMinimumNorm = true }).Run(input);

        for (var i = 0; i < 12; i++)
        {
            var label = input.Labels[i].item<long>();
            var nearest = Enumerable.Range(0, 4).Where(rival => rival != label).Min(rival =>
            {
                var normal = (weights[rival] - weights[label]).data<double>().ToArray();
                var displacement = new double[36];
                BoxHyperplane.Project(input.Images[i].flatten().data<double>().ToArray(), normal, (offsets[label] - offsets[rival]).item<double>(), norm, displacement);
                return PerturbationNorm.Of(tensor(displacement).reshape(1, 1, 1, 36), norm).item<double>();
            });

            // A step ends 5 % beyond the boundary. Where the pixel range cuts it off, FAB comes near the shortest way, but does not reach it.
            Assert.InRange(outcome.Distances![i], nearest * (1 - 1e-9), nearest * 1.1);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Run_MinimumNorm_GivesDistancesThatFitTheFlags(bool isTargeted)
    {
        using var scope = NewDisposeScope();
        using var model = LinearClassifier.Random(classes: 4, pixels: 36, seed: 1);
        var input = AttackSubject.Random(model, 40, AttackNorm.L2, 0.3, seed: 2);
        var options = Short with { IsTargeted = isTargeted };

        var smallest = new Fab(options with { FindsMinimumNorm = true }).Run(input);
        var within = new Fab(options).Run(input);

        Assert.Null(within.Distances);
        var isBroken = model.call(smallest.Adversarial).argmax(1).ne(input.Labels).data<bool>().ToArray();
        Assert.Equal(smallest.Distances!.Select(distance => distance <= 0.3), isBroken);
        Assert.Equal(model.call(within.Adversarial).argmax(1).ne(input.Labels).data<bool>().ToArray(), isBroken);
        Assert.Contains(true, isBroken);
        Assert.Contains(false, isBroken);
        var found = PerturbationNorm.Of(smallest.Adversarial - input.Images, AttackNorm.L2).flatten().data<double>().ToArray();
        Assert.All(Enumerable.Range(0, 40).Where(i => isBroken[i]), i => Assert.Equal(found[i], smallest.Distances![i], 1e-12));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Run_AnyModelAndRadius_StaysInTheBall(bool isTargeted) =>
        AttackSubject.StaysInTheBall(new Fab(Short with { IsTargeted = isTargeted }), Enum.GetValues<AttackNorm>());

    [Theory]
    [InlineData(AttackNorm.Linf, 0.1, false)]
    [InlineData(AttackNorm.L2, 0.5, true)]
    [InlineData(AttackNorm.L1, 2, false)]
    public void Run_OtherBatchesAndOrder_GiveTheSameBits(AttackNorm norm, double epsilon, bool findsMinimumNorm) =>
        AttackSubject.DoesNotDependOnTheBatch(new Fab(Short with { FindsMinimumNorm = findsMinimumNorm }), norm, epsilon);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Run_SmallCnn_LeavesNothingBehind(bool isTargeted) =>
        AttackSubject.LeavesNothingBehind(new Fab(Short with { IsTargeted = isTargeted, Iterations = 2 }), AttackNorm.L2);

    [Fact]
    public void Run_MoreTargetsThanOtherClasses_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var model = LinearClassifier.Random(classes: 4, pixels: 36, seed: 1);
        Assert.Throws<ArgumentException>(() => new Fab(new() { IsTargeted = true, Targets = 4 }).Run(AttackSubject.Random(model, 2, AttackNorm.L2, 1, seed: 2)));
    }

    [Fact]
    public void Run_LogitsThatIgnoreTheImages_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var model = LinearClassifier.Random(classes: 4, pixels: 36, seed: 1, change: logits => logits.detach());
        Assert.Throws<InvalidOperationException>(() => new Fab(new()).Run(AttackSubject.Random(model, 2, AttackNorm.L2, 1, seed: 2)));
    }

    [Fact]
    public void Run_GradientOfZero_BreaksNothing()
    {
        using var scope = NewDisposeScope();
        using var model = LinearClassifier.Random(classes: 4, pixels: 36, seed: 1, change: logits => logits * 0 + tensor(new[] { 1.0, 0, 0, 0 }));
        foreach (var norm in Enum.GetValues<AttackNorm>())
        {
            var input = AttackSubject.Random(model, 2, norm, 1, seed: 2);
            TensorAssert.SameBits(input.Images, new Fab(Short with { Restarts = 1 }).Run(input).Adversarial);
        }
    }

    [Fact]
    public void Run_NoImages_GivesNone()
    {
        using var scope = NewDisposeScope();
        using var model = LinearClassifier.Random(classes: 4, pixels: 36, seed: 1);
        Assert.Equal(0, new Fab(Short).Run(AttackSubject.Random(model, 0, AttackNorm.L2, 1, seed: 2)).Adversarial.shape[0]);
    }

    [Fact]
    public void Fab_OptionOutOfRange_IsRefused()
    {
        FabOptions[] wrong =
        [
            new() { Targets = 0 }, new() { Restarts = 0 }, new() { Iterations = 0 }, new() { AlphaMax = double.NaN }, new() { AlphaMax = 1.1 },
            new() { Eta = 0.9 }, new() { Eta = double.PositiveInfinity }, new() { Beta = 0 }, new() { Beta = double.NaN },
        ];
        Assert.All(wrong, options => Assert.Throws<ValidationException>(() => new Fab(options)));
    }
}
