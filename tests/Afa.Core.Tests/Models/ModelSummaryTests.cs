using Afa.Models;
using Xunit;

namespace Afa.Tests.Models;

public class ModelSummaryTests
{
    [Fact]
    public void Of_SmallCnn_IsWhatIsWorkedOutByHand()
    {
        using var model = ModelRegistry.Create(new ModelOptions { Mean = [0.5], StandardDeviation = [0.5] }, seed: 0);
        model.eval();

        var summary = ModelSummary.Of(model);

        // Output values times what each sums over: 9 pixels of 1, 32, 32 and 64 channels; 64 channels of 7x7; 128 features.
        Assert.Equal(
            [
                ("PixelNormalization", "1x28x28", 0, 0),
                ("conv1", "32x28x28", 32 * 9 + 32, 32 * 28 * 28 * 9),
                ("conv2", "32x14x14", 32 * 32 * 9 + 32, 32 * 14 * 14 * 32 * 9),
                ("conv3", "64x14x14", 64 * 32 * 9 + 64, 64 * 14 * 14 * 32 * 9),
                ("conv4", "64x7x7", 64 * 64 * 9 + 64, 64 * 7 * 7 * 64 * 9),
                ("fc1", "128", 128 * 64 * 49 + 128, 128 * 64 * 49),
                ("fc2", "10", 10 * 128 + 10, 10 * 128),
            ],
            summary.Layers.Select(layer => (layer.Name, string.Join('x', layer.OutputShape), (int)layer.Parameters, (int)layer.MultiplyAdds)));
        Assert.Equal((467_818, 7_853_824, 4 * 467_818), (summary.Parameters, summary.MultiplyAdds, summary.SizeInBytes));
        Assert.False(model.training);
    }

    // Published: 0.56 G of ResNet-18 on CIFAR (github.com/kuangliu/pytorch-cifar), 5.25 G of WRN-28-10, 36.5 M parameters (Zagoruyko and Komodakis 2016).
    [Theory]
    [InlineData("resnet-18", 11_173_962, 0.56e9)]
    [InlineData("wrn-28-10", 36_479_194, 5.25e9)]
    public void Of_APublishedNetwork_HasItsSizeAndCost(string name, long parameters, double multiplyAdds)
    {
        using var model = ModelRegistry.Create(ModelRegistry.Named(name) with { Channels = 3, Height = 32, Width = 32 }, seed: 0);

        var summary = ModelSummary.Of(model);

        Assert.Equal(parameters, summary.Parameters);
        Assert.Equal(multiplyAdds, summary.MultiplyAdds, 0.01e9);   // The figures are rounded, and what else they count is not said: ours is 5.243 G for WRN-28-10.
    }

    // ResNet-34 and -50 as in kuangliu/pytorch-cifar. A pre-activation network lacks the norms of the stem (128 numbers) and of the shortcuts (1792),
    // and its first norm of a stage has the channels of the stage before (896 fewer).
    [Theory]
    [InlineData("resnet-34", 21_282_122)]
    [InlineData("resnet-50", 23_520_842)]
    [InlineData("preact-resnet-34", 21_282_122 - 128 - 1792 - 896)]
    public void Of_ADeepResNet_HasTheKnownNumberOfParameters(string name, long parameters)
    {
        using var model = ModelRegistry.Create(new ModelOptions { Name = name, Channels = 3, Height = 8, Width = 8 }, seed: 0);

        Assert.Equal(parameters, ModelSummary.Of(model).Parameters);
    }

    [Fact]
    public void Of_ANetworkWithBatchNorm_MeetsEveryLayerAndMovesNoStatistics()
    {
        using var model = ModelRegistry.Create(new ModelOptions { Name = "resnet-18", WidthFactor = 0.125 }, seed: 0);
        var before = model.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.bytes.ToArray());

        var summary = ModelSummary.Of(model);

        Assert.Equal(20, summary.Layers.Count(layer => layer.Kind == "batch norm"));
        Assert.Equal(20, summary.Layers.Count(layer => layer.Kind.StartsWith("convolution", StringComparison.Ordinal)));
        Assert.Equal(summary.Parameters, summary.Layers.Sum(layer => layer.Parameters));
        Assert.All(model.state_dict(), entry => Assert.True(entry.Value.bytes.SequenceEqual(before[entry.Key])));
        Assert.True(model.training);
    }
}
