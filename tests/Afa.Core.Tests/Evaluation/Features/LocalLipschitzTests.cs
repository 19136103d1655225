using Afa.Attacks;
using Afa.Evaluation.Features;
using CsCheck;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Evaluation.Features;

public sealed class LocalLipschitzTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void LinearMap_InLinf_IsTheOperatorNorm()
    {
        // Two opposite outputs: ‖W d‖₁ = 2 |w·d|, which is largest at d = ± ε sign(w), so the constant is 2 ‖w‖₁ = 2 × 10.
        var weights = tensor(new double[,] { { 1, -2, 3, -4 }, { -1, 2, -3, 4 } });

        var found = Estimate(AttackNorm.Linf, 0.1, weights, outputNorm: 1, Images(0.5, 3));

        Assert.All(found, ratio => Assert.Equal(20, ratio, 1e-10));
    }

    [Fact]
    public void LinearMap_InL2_IsTheLargestSingularValue()
    {
        // Rows at a right angle: the singular values are their lengths, 5 and 1.
        var weights = tensor(new double[,] { { 3, 4, 0, 0 }, { 0, 0, 1, 0 } });

        var found = Estimate(AttackNorm.L2, 0.2, weights, outputNorm: 2, Images(0.5, 3), steps: 200);

        Assert.All(found, ratio => Assert.Equal(5, ratio, 1e-6));
    }

    [Fact]
    public void ImageNearTheEdge_IsComparedWithImagesInTheBallAndThePixelRangeOnly()
    {
        var (lowest, highest) = (1.0, 0.0);
        new LocalLipschitz(AttackNorm.Linf, 0.1).Estimate(
            x =>
            {
                (lowest, highest) = (Math.Min(lowest, x.min().item<double>()), Math.Max(highest, x.max().item<double>()));
                return x.flatten(1) * tensor(new double[] { 30, -1, 2, 1 });
            },
            outputNorm: 2,
            Images(0.95, 10),
            [.. Enumerable.Range(0, 10)],
            seed: 1);

        Assert.Equal(0.85, lowest, 1e-12);
        Assert.Equal(1, highest, 1e-12);
    }

    [Fact]
    public void LinearMap_OfManyOutputs_IsNeverAboveTheOperatorNorm() =>
        Gen.Select(Gen.ULong, Gen.Double[0.01, 0.4]).Sample((seed, epsilon) =>
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator(seed);
            var weights = randn([5, 4], ScalarType.Float64, generator: generator);
            var corners = Enumerable.Range(0, 16).Select(corner => tensor(Enumerable.Range(0, 4).Select(i => (corner >> i & 1) == 0 ? 1.0 : -1.0).ToArray()));
            var norm = corners.Max(corner => weights.matmul(corner).abs().sum().item<double>());

            Assert.All(Estimate(AttackNorm.Linf, epsilon, weights, outputNorm: 1, Images(0.5, 2)), ratio => Assert.InRange(ratio, double.Epsilon, norm * (1 + 1e-12)));
        }, iter: 50, threads: 1);

    [Fact]
    public void ConstantMap_HasNone() =>
        Assert.Equal([0, 0], new LocalLipschitz(AttackNorm.Linf, 0.1).Estimate(x => 0 * x.flatten(1), 1, Images(0.5, 2), [0, 1], seed: 1));

    [Fact]
    public void Image_InAnotherBatch_GivesTheSame()
    {
        using var generator = new Generator(2);
        var images = rand([3, 1, 2, 2], ScalarType.Float64, generator: generator);
        Func<Tensor, Tensor> map = x => x.flatten(1).square();
        var estimator = new LocalLipschitz(AttackNorm.Linf, 0.1);

        var together = estimator.Estimate(map, 2, images, [4, 5, 6], seed: 1);
        var alone = estimator.Estimate(map, 2, images.narrow(0, 2, 1), [6], seed: 1);

        Assert.Equal(together[2], Assert.Single(alone));
    }

    private static double[] Estimate(AttackNorm norm, double epsilon, Tensor weights, double outputNorm, Tensor images, int steps = LocalLipschitz.DefaultSteps) =>
        new LocalLipschitz(norm, epsilon, steps).Estimate(
            x => x.flatten(1).matmul(weights.t()), outputNorm, images, Enumerable.Range(0, (int)images.shape[0]).ToArray(), seed: 1);

    private static Tensor Images(double pixel, int count) => full([count, 1, 2, 2], pixel, ScalarType.Float64);
}
