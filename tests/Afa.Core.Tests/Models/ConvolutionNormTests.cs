using Xunit;
using Afa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Afa.Tests.Models;

public class ConvolutionNormTests
{
    [Fact]
    public void BatchNorm_InEvaluationMode_GivesValuesAndGradientsOfTheTwoLayers()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var convolution = Layers.Convolution(4, 6, 3, stride: 2);
        using var norm = new BatchNormalization(6, new ForwardMode(), hasAuxiliary: false);
        convolution.to(ScalarType.Float64);
        norm.to(ScalarType.Float64);
        var (weight, bias) = (norm.get_parameter("weight")!, norm.get_parameter("bias")!);
        using (no_grad())
        {
            convolution.Weight.uniform_(-1, 1, generator);
            weight.uniform_(-2, 2, generator);
            bias.uniform_(-1, 1, generator);
            norm.get_buffer("running_mean")!.uniform_(-1, 1, generator);
            norm.get_buffer("running_var")!.uniform_(0.5, 2, generator);
        }

        norm.eval();
        var images = randn([2, 4, 8, 8], ScalarType.Float64, generator: generator).requires_grad_();
        Tensor[] inputs = [images, convolution.Weight, weight, bias];

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
        using var convolution = Layers.Convolution(1, 2, 3);
        using var norm = new BatchNormalization(2, new ForwardMode(), hasAuxiliary: false);
        using var noGradients = no_grad();
        convolution.Weight.fill_(1);

        ConvolutionNorm.Apply(convolution, norm, rand([4, 1, 6, 6], generator: new Generator(1)));

        Assert.NotEqual(0, norm.get_buffer("running_mean")!.abs().sum().item<float>());
    }
}
