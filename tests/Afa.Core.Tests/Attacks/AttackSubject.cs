using Afa.Attacks;
using Afa.Models;
using Afa.Tests.Golden;
using Afa.Training;
using CsCheck;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Attacks;

/// <summary>What attacks are tried on, and what has to hold for each.</summary>
internal static class AttackSubject
{
    /// <summary>Images of 3 channels that the model gets right, as it says what their labels are. The caller's scope owns the tensors.</summary>
    public static AttackInput Random(ImageClassifier model, int count, AttackNorm norm, double epsilon, ulong seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(seed);
        var images = (rand([count, 3, 3, 4], ScalarType.Float64, generator: generator) * 1.4 - 0.2).clamp(0, 1).MoveToOuterDisposeScope();   // Some pixels at 0 and at 1.
        return new AttackInput
        {
            Model = model,
            Images = images,
            Labels = model.call(images).argmax(1).MoveToOuterDisposeScope(),
            SampleIds = [.. Enumerable.Range(0, count).Select(i => 7 * i + 3)],
            Norm = norm,
            Epsilon = epsilon,
            Seed = seed,
        };
    }

    /// <summary>Stored images that the trained small-cnn gets right. The caller's scope owns the tensors.</summary>
    public static AttackInput Golden(ImageClassifier model, AttackNorm norm, double epsilon)
    {
        using var scope = NewDisposeScope();
        var (images, labels) = (GoldenFile.TradesStep.Get("x"), GoldenFile.TradesStep.Get("labels"));
        var right = model.call(images).argmax(1).eq(labels);
        return new AttackInput
        {
            Model = model,
            Images = images[right].MoveToOuterDisposeScope(),
            Labels = labels[right].MoveToOuterDisposeScope(),
            SampleIds = Enumerable.Range(0, (int)right.sum().item<long>()).ToArray(),
            Norm = norm,
            Epsilon = epsilon,
            Seed = 5,
        };
    }

    /// <summary>How many of an outcome's images the model gets wrong.</summary>
    public static long Broken(AttackInput input, AttackOutcome outcome) => input.Model.call(outcome.Adversarial).argmax(1).ne(input.Labels).sum().item<long>();

    /// <summary>Broken images are in the ball and the pixel range; the others are as they were.</summary>
    public static void StaysInTheBall(IAttack attack, params AttackNorm[] norms) =>
        Gen.Select(Gen.Int[0, norms.Length - 1].Select(i => norms[i]), Gen.Double[0.01, 0.9], Gen.ULong, Gen.Int[1, 12]).Sample((norm, epsilon, seed, count) =>
        {
            using var scope = NewDisposeScope();
            using var model = LinearClassifier.Random(classes: 4, pixels: 36, seed);
            var input = Random(model, count, norm, norm == AttackNorm.L2 ? 2 * epsilon : epsilon, seed) with { Source = model };
            input = input with { Reference = new LabeledImages(input.Images, input.Labels) };

            var adversarial = attack.Run(input).Adversarial;

            var isBroken = model.call(adversarial).argmax(1).ne(input.Labels).reshape(-1, 1, 1, 1);
            TensorAssert.SameBits(input.Images, where(isBroken, input.Images, adversarial));
            Assert.Equal(input.Images.dtype, adversarial.dtype);
            Assert.True(PerturbationNorm.Of(adversarial - input.Images, norm).max().item<double>() <= input.Epsilon * (1 + 1e-12));
            Assert.InRange(adversarial.min().item<double>(), 0, 1);
            Assert.InRange(adversarial.max().item<double>(), 0, 1);
        }, iter: 20, threads: 1);

    /// <summary>Each sample comes out the same whatever the batch and the order, and each is reported as finished once.</summary>
    /// <param name="tolerance">0 asks for the same bits.</param>
    public static void DoesNotDependOnTheBatch(IAttack attack, AttackNorm norm, double epsilon, double tolerance = 0)
    {
        using var scope = NewDisposeScope();
        using var model = LinearClassifier.Random(classes: 4, pixels: 36, seed: 1);
        using var source = LinearClassifier.Random(classes: 4, pixels: 36, seed: 1, change: logits => logits * 0.5);
        var input = Random(model, 13, norm, epsilon, seed: 2) with { Source = source };
        input = input with { Reference = new LabeledImages(input.Images, input.Labels) };
        var whole = attack.Run(input);
        Assert.True(Broken(input, whole) > 0, "Nothing was broken, so nothing is shown.");

        foreach (var batchSize in new[] { 1, 5, 100 })
        {
            var order = Enumerable.Range(0, 13).Select(i => i * 5 % 13).ToArray();
            var index = tensor(order.Select(i => (long)i).ToArray());
            var (finished, broken) = (0, 0);
            var outcome = attack.Run(input with
            {
                Images = input.Images[index],
                Labels = input.Labels[index],
                SampleIds = [.. order.Select(i => input.SampleIds[i])],
                BatchSize = batchSize,
                Finished = (samples, ofThemBroken) => (finished, broken) = (finished + samples, broken + ofThemBroken),
            });

            TensorAssert.Close(whole.Adversarial[index], outcome.Adversarial, tolerance);
            Assert.All(order, (i, row) => Assert.Equal(whole.Distances?[i] ?? 0, outcome.Distances?[row] ?? 0, tolerance));
            Assert.Equal(13, finished);
            Assert.Equal(Broken(input, whole), broken);
        }
    }

    /// <summary>Only the outcome is left, in the caller's scope, and the input is as it was.</summary>
    public static void LeavesNothingBehind(IAttack attack, AttackNorm norm)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new FrozenWeights(model, training: false);
        var input = Golden(model, norm, 0.3) with { Source = model };
        input = input with { Reference = new LabeledImages(input.Images, input.Labels), BatchSize = 4 };
        var images = input.Images.clone();
        attack.Run(input).Adversarial.Dispose();
        var (live, inScope) = (DisposeScopeManager.Statistics.ThreadTotalLiveCount, scope.DisposablesCount);

        var outcome = attack.Run(input);

        Assert.Equal(inScope + 1, scope.DisposablesCount);
        outcome.Adversarial.Dispose();
        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        TensorAssert.SameBits(images, input.Images);
    }
}
