using Afa.Attacks;
using Afa.Tests.Golden;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Attacks;

public class SampleNoiseTests
{
    private static readonly int[] Ids = [7, 0, 59_999, 7_000_000, 12];

    public enum Noise
    {
        LinfBall,
        L2Ball,
        Gaussian,
    }

    [Theory]
    [InlineData(Noise.LinfBall)]
    [InlineData(Noise.L2Ball)]
    [InlineData(Noise.Gaussian)]
    public void Draw_OtherBatchOrOrder_GivesEachSampleTheSameBits(Noise noise)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var images = rand([5, 3, 4, 6], generator: generator);

        var all = Draw(noise, images, Ids);

        var order = new long[] { 3, 1, 4 };
        TensorAssert.SameBits(all[tensor(order)], Draw(noise, images[tensor(order)], [.. order.Select(row => Ids[row])]));
        for (var row = 0; row < 5; row++)
        {
            TensorAssert.SameBits(all[row..(row + 1)], Draw(noise, images[row..(row + 1)], [Ids[row]]));
        }
    }

    [Theory]
    [InlineData(Noise.LinfBall)]
    [InlineData(Noise.L2Ball)]
    [InlineData(Noise.Gaussian)]
    public void Draw_OtherSeedOrSample_GivesOtherNoise(Noise noise)
    {
        using var scope = NewDisposeScope();
        var images = full([2, 1, 4, 4], 0.5f);

        var drawn = Draw(noise, images, [1, 2]);

        Assert.True(TensorAssert.LargestDifference(drawn[0], drawn[1]) > 0);
        Assert.True(TensorAssert.LargestDifference(drawn, Draw(noise, images, [1, 2], seed: 10)) > 0);
    }

    [Fact]
    public void StartInBall_Linf_IsUniformInTheBall()
    {
        using var scope = NewDisposeScope();
        var images = full([2000, 1, 2, 2], 0.5, dtype: ScalarType.Float64);

        var start = SampleNoise.StartInBall(images, Enumerable.Range(0, 2000).ToArray(), AttackNorm.Linf, 0.1, seed: 9) - images;

        // Uniform on ±0.1: mean 0, mean square 0.01 / 3. 8,000 draws: 5 standard errors are 0.0032 and 0.00017.
        Assert.True(start.abs().max().item<double>() <= 0.1 + 1e-16);
        Assert.Equal(0, start.mean().item<double>(), 0.0033);
        Assert.Equal(0.01 / 3, start.square().mean().item<double>(), 0.00017);
    }

    [Fact]
    public void StartInBall_L2_IsUniformInTheVolume()
    {
        using var scope = NewDisposeScope();
        var images = full([2000, 1, 2, 2], 0.5, dtype: ScalarType.Float64);

        var start = SampleNoise.StartInBall(images, Enumerable.Range(0, 2000).ToArray(), AttackNorm.L2, 0.5, seed: 9) - images;

        // Of a uniform point, (radius / ε)ⁿ is uniform on [0, 1], here n = 4; and each coordinate has mean 0. 5 standard errors of 2,000 draws.
        var share = (linalg.vector_norm(start, 2, [1, 2, 3]) / 0.5).pow(4);
        Assert.True(share.max().item<double>() <= 1 + 1e-12);
        Assert.Equal(0.5, share.mean().item<double>(), 0.033);
        Assert.Equal(1.0 / 3, share.square().mean().item<double>(), 0.034);
        Assert.True(start.mean([0]).abs().max().item<double>() < 0.025);
    }

    [Theory]
    [InlineData(AttackNorm.Linf)]
    [InlineData(AttackNorm.L2)]
    public void StartInBall_ImagesAtTheEdgeOfThePixelRange_StaysInsideBoth(AttackNorm norm)
    {
        using var scope = NewDisposeScope();
        var images = cat([zeros(50, 1, 4, 4), ones(50, 1, 4, 4)]);

        var start = SampleNoise.StartInBall(images, Enumerable.Range(0, 100).ToArray(), norm, 0.5, seed: 9);

        var change = (start - images).flatten(1);
        Assert.True(start.min().item<float>() >= 0 && start.max().item<float>() <= 1);
        Assert.True((norm == AttackNorm.Linf ? change.abs().max() : linalg.vector_norm(change, 2, [1]).max()).item<float>() <= 0.5f * (1 + 1e-6f));
    }

    [Fact]
    public void Gaussian_Deviation_IsThatOfTheDraws()
    {
        using var scope = NewDisposeScope();
        var images = full([2000, 1, 2, 2], 0.5, dtype: ScalarType.Float64);

        var noise = SampleNoise.Gaussian(images, Enumerable.Range(0, 2000).ToArray(), 0.001, seed: 9) - images;

        Assert.Equal(0, noise.mean().item<double>(), 5.6e-5);   // 5 standard errors of 8,000 draws.
        Assert.Equal(0.001, noise.std().item<double>(), 4e-5);
    }

    [Fact]
    public void StartInBall_TooFewSampleIds_IsRefused()
    {
        using var scope = NewDisposeScope();
        var exception = Assert.Throws<ArgumentException>(() => SampleNoise.StartInBall(zeros(3, 1, 2, 2), [1, 2], AttackNorm.Linf, 0.1, 0));
        Assert.Contains("3 images, not 2", exception.Message, StringComparison.Ordinal);
    }

    private static Tensor Draw(Noise noise, Tensor images, int[] ids, ulong seed = 9) => noise switch
    {
        Noise.LinfBall => SampleNoise.StartInBall(images, ids, AttackNorm.Linf, 0.1, seed),
        Noise.L2Ball => SampleNoise.StartInBall(images, ids, AttackNorm.L2, 0.5, seed),
        _ => SampleNoise.Gaussian(images, ids, 0.001, seed),
    };
}
