using Xunit;
using Afa.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Tests.Models;

public class ConvolutionNormTests
{
    [Fact]
    public void BatchNorm_InEvaluationMode_GivesValuesAndGradientsOfTheTwoLayers()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var convolution = Conv2d(4, 6, 3, stride: 2, padding: 1, bias: false, dtype: ScalarType.Float64);
        using var norm = BatchNorm2d(6, dtype: ScalarType.Float64);
        using (no_grad())
        {
            norm.weight!.uniform_(-2, 2, generator);
            norm.bias!.uniform_(-1, 1, generator);
            norm.running_mean!.uniform_(-1, 1, generator);
            norm.running_var!.uniform_(0.5, 2, generator);
        }

        norm.eval();
        var images = randn([2, 4, 8, 8], ScalarType.Float64, generator: generator).requires_grad_();
        Tensor[] inputs = [images, convolution.weight, norm.weight, norm.bias!];

        var folded = ConvolutionNorm.Apply(convolution, norm, images);
        var plain = norm.call(convolution.call(images));
        var foldedGradients = autograd.grad([folded.square().sum()], inputs);
        var plainGradients = autograd.grad([plain.square().sum()], inputs);

        Assert.True(folded.allclose(plain, rtol: 1e-10, atol: 1e-10));   // another order of the same float64 operations
        Assert.All(foldedGradients.Zip(plainGradients), pair => Assert.True(pair.First.allclose(pair.Second, rtol: 1e-9, atol: 1e-9)));
    }

    [Fact]
    public void BatchNorm_InTrainingMode_UpdatesItsStatistics()
    {
        using var scope = NewDisposeScope();
        using var convolution = Conv2d(1, 2, 3, padding: 1, bias: false);
        using var norm = (BatchNorm2d)ConvolutionNorm.Create(NormalizationLayer.Batch, 2);

        ConvolutionNorm.Apply(convolution, norm, rand([4, 1, 6, 6], generator: new Generator(1)));

        Assert.NotEqual(0, norm.running_mean!.abs().sum().item<float>());
    }
}
