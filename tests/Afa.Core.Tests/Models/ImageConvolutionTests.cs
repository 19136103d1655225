using Xunit;
using Afa.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Tests.Models;

public class ImageConvolutionTests
{
    [Theory]
    [InlineData(1, 28, 28)]    // blocks of 4x4
    [InlineData(3, 32, 20)]    // blocks of 2x2
    [InlineData(1, 10, 10)]    // not a multiple of the block: libtorch's own gradient
    [InlineData(8, 8, 8)]      // too many channels: the same
    public void Gradient_OfTheImages_EqualsThatOfAPlainConvolution(long channels, long height, long width)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var weight = randn([6, channels, 3, 3], ScalarType.Float64, generator: generator);
        var bias = randn([6], ScalarType.Float64, generator: generator);
        var images = randn([2, channels, height, width], ScalarType.Float64, generator: generator).requires_grad_();

        var direction = randn([2, 6, height, width], ScalarType.Float64, generator: generator);

        var quick = ImageConvolution.Apply(images, weight, bias);
        var plain = functional.conv2d(images, weight, bias, padding: [1, 1]);
        var quickGradient = autograd.grad([(quick.relu() * direction).sum()], [images])[0];
        var plainGradient = autograd.grad([(plain.relu() * direction).sum()], [images])[0];

        Assert.True(quick.allclose(plain, rtol: 0, atol: 1e-12));   // float64 sums of 72 terms at most
        Assert.True(quickGradient.allclose(plainGradient, rtol: 0, atol: 1e-12));
    }

    [Fact]
    public void Gradient_OfTheWeights_IsThatOfAPlainConvolution()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var weight = randn([6, 1, 3, 3], ScalarType.Float64, generator: generator).requires_grad_();
        var images = randn([2, 1, 8, 8], ScalarType.Float64, generator: generator).requires_grad_();

        var quick = autograd.grad([ImageConvolution.Apply(images, weight, null).square().sum()], [images, weight]);
        var plain = autograd.grad([functional.conv2d(images, weight, padding: [1, 1]).square().sum()], [images, weight]);

        Assert.True(quick[0].allclose(plain[0], rtol: 0, atol: 1e-12));
        Assert.True(quick[1].allclose(plain[1], rtol: 1e-12));
    }
}
