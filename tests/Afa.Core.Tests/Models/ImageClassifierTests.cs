using Afa.Models;
using Afa.Tests.Golden;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Models;

public class ImageClassifierTests
{
    [Theory]
    [InlineData("small-cnn")]
    [InlineData("resnet-18")]
    [InlineData("preact-resnet-18")]
    [InlineData("wide-resnet")]
    public void ZeroHead_AnyModel_GivesZeroLogitsAndKeepsTheFeatures(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var model = ModelRegistry.Create(new ModelOptions { Name = name, WidthFactor = 0.25, Depth = 10 }, seed: 1);
        model.eval();
        var images = rand(2, 1, 28, 28, generator: new Generator(1));
        var features = model.Features(images);

        model.ZeroHead();

        Assert.Equal(2, model.HeadParameterNames.Count);
        Assert.Equal(0, model.call(images).abs().max().item<float>());
        Assert.True(model.Features(images).equal(features).all().item<bool>());
    }

    [Fact]
    public void Logits_OfAUnitHead_DoNotDependOnTheLengthOfTheFeatures()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = ModelRegistry.Create(new ModelOptions { HeadFeatures = HeadFeatures.Unit }, seed: 1);
        var features = rand(4, model.FeatureDimension, generator: new Generator(1));
        var weights = model.state_dict();

        var logits = model.Logits(features * 3);

        // W f / |f| + b, worked out from the state dictionary.
        var expected = (features / features.square().sum(1, keepdim: true).sqrt()).matmul(weights["fc2.weight"].t()) + weights["fc2.bias"];
        TensorAssert.Close(expected, logits, 1e-6);
    }

    [Fact]
    public void LoadWeights_ThatDoNotFit_NamesWhatDiffers()
    {
        using var scope = NewDisposeScope();
        var model = ModelRegistry.Create(new ModelOptions(), seed: 1);
        var weights = model.state_dict();
        weights.Remove("fc2.bias");
        weights["fc1.weight"] = zeros(2, 3);
        weights["extra"] = zeros(1);

        var exception = Assert.Throws<ArgumentException>(() => model.LoadWeights(weights));

        Assert.Contains("'fc2.bias' is missing", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'extra' is not part of the model", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'fc1.weight' has shape [2, 3], not [128, 3136]", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NormalizationParameterNames_OfAResNet_AreThoseOfItsBatchNorms()
    {
        using var model = ModelRegistry.Create(new ModelOptions { Name = "resnet-18", WidthFactor = 0.25 }, seed: 1);

        Assert.Contains("layer2.0.shortcut.1.weight", model.NormalizationParameterNames);
        Assert.Equal(2 * 20, model.NormalizationParameterNames.Count);   // 20 batch norms, weight and bias each.
        Assert.DoesNotContain("conv1.weight", model.NormalizationParameterNames);
    }
}
