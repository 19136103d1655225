using Afa.Attacks;
using Afa.Tests.Golden;
using CsCheck;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Attacks;

public class L1BallTests
{
    [Fact]
    public void Project_RandomProblems_MatchesTheAuthorsCode()
    {
        using var scope = NewDisposeScope();
        var images = GoldenFile.ApgdTrace.Get("l1ball.center");
        var change = GoldenFile.ApgdTrace.Get("l1ball.delta");
        var expected = change + GoldenFile.ApgdTrace.Get("l1ball.result_eps2");

        TensorAssert.Close(expected, L1Ball.Project(images, change, full(12, 2.0f)), 2e-6);   // Sums of 20 numbers in float32.
        TensorAssert.Close(expected, L1Ball.Project(images.to(ScalarType.Float64), change.to(ScalarType.Float64), full(12, 2.0)), 2e-6);
    }

    [Fact]
    public void Project_AwayFromThePixelRange_SubtractsTheSameFromEach()
    {
        // |δ| = (0.4, 0.3, 0.05), sum 0.75, radius 0.5: λ = 0.1 leaves 0.3 + 0.2 + 0.
        using var scope = NewDisposeScope();
        var projected = L1Ball.Project(full([1, 3], 0.5), tensor(new double[,] { { 0.4, -0.3, 0.05 } }), tensor([0.5]));

        TensorAssert.Close(tensor(new double[,] { { 0.3, -0.2, 0 } }), projected, 1e-15);
        Assert.Equal(0, projected[0, 2].item<double>());
    }

    [Fact]
    public void Project_AtThePixelRange_SpendsTheRestOnOtherPixels()
    {
        // Room of 0.1 for the first pixel; λ = 0.2 leaves min(0.9 − 0.2, 0.1) + 0.4 = 0.5.
        using var scope = NewDisposeScope();
        var projected = L1Ball.Project(tensor(new double[,] { { 0.9, 0.4 } }), tensor(new double[,] { { 0.9, 0.6 } }), tensor([0.5]));

        TensorAssert.Close(tensor(new double[,] { { 0.1, 0.4 } }), projected, 1e-15);
    }

    [Fact]
    public void Project_ChangesFarBeyondThePixelRange_ShortensTheSmallest()
    {
        // Room of 0.5 for each pixel: nothing falls until λ = 4.5, and λ = 4.8 leaves 5 − 4.8 + 0.5 + 0.5 = 1.2.
        using var scope = NewDisposeScope();
        var projected = L1Ball.Project(full([1, 3], 0.5), tensor(new double[,] { { 6, -5, 7 } }), tensor([1.2]));

        TensorAssert.Close(tensor(new double[,] { { 0.5, -0.2, 0.5 } }), projected, 1e-14);
    }

    [Fact]
    public void Project_ChangeThatIsAllowed_StaysAsItIs()
    {
        using var scope = NewDisposeScope();
        var images = full([2, 1, 2, 2], 0.5f);
        var change = full([2, 1, 2, 2], -0.1f);

        TensorAssert.SameBits(change, L1Ball.Project(images, change, full(2, 0.5f)));
        TensorAssert.SameBits(zeros_like(change), L1Ball.Project(images, zeros_like(change), full(2, 0.5f)));
    }

    [Fact]
    public void Project_NoImages_GivesNone()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([0, 1, 8, 8], L1Ball.Project(zeros(0, 1, 8, 8), zeros(0, 1, 8, 8), zeros(0)).shape);
    }

    [Fact]
    public void Project_AnyProblem_IsNearestInTheBallAndThePixelRange()
    {
        var cases =
            from isFloat64 in Gen.Bool
            from radius in Gen.Double[1e-3, 6]
            from scale in Gen.Double[0.01, 4]
            from shape in Gen.Select(Gen.Long[1, 4], Gen.Long[1, 3], Gen.Long[1, 5], Gen.Long[1, 5])
            from hasTies in Gen.Bool
            from seed in Gen.ULong
            select (isFloat64, radius, scale, shape, hasTies, seed);

        cases.Sample(c =>
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator(c.seed);
            var type = c.isFloat64 ? ScalarType.Float64 : ScalarType.Float32;
            long[] shape = [c.shape.Item1, c.shape.Item2, c.shape.Item3, c.shape.Item4];
            var images = (rand(shape, type, generator: generator) * 1.5 - 0.25).clamp(0, 1);   // Many pixels at 0 and at 1.
            var change = randn(shape, type, generator: generator) * c.scale;
            change = c.hasTies ? (change * 2).round() / 2 : change;

            var projected = L1Ball.Project(images, change, full([shape[0]], c.radius, type));

            // Up to 75 numbers: each rounded once, and λ once for all of them.
            var tolerance = (c.isFloat64 ? 1e-16 : 6e-8) * 75;
            var sums = projected.abs().sum([1, 2, 3], type: ScalarType.Float64);
            Assert.True(sums.max().item<double>() <= c.radius + tolerance * Math.Max(1, c.scale), $"{sums.max().item<double>():r} is more than {c.radius:r}.");
            var inPixels = (images + projected).to(ScalarType.Float64);
            Assert.InRange(inPixels.min().item<double>(), -1e-7, 1);
            Assert.InRange(inPixels.max().item<double>(), 0, 1 + 1e-7);

            // A projection onto a convex set: no allowed point lies on the outer side of the plane through it.
            var allowed = L1Ball.Project(images, randn(shape, type, generator: generator), full([shape[0]], c.radius, type));
            var inner = ((change - projected) * (allowed - projected)).sum([1, 2, 3], type: ScalarType.Float64);
            Assert.True(inner.max().item<double>() <= tolerance * 100, $"A nearer point exists: {inner.max().item<double>():g3}.");
        }, iter: 300, threads: 1);
    }

    [Fact]
    public void Project_ShapesThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => L1Ball.Project(ones(2, 3), ones(2, 4), ones(2)));
        Assert.Throws<ArgumentException>(() => L1Ball.Project(ones(2, 3), ones(2, 3), ones(3)));
    }
}
