using Xunit;
using System.ComponentModel.DataAnnotations;
using Afa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Afa.Tests.Models;

public class ModelRegistryTests
{
    public static TheoryData<string> Names => [.. ModelRegistry.Names];

    [Fact]
    public void Create_UnknownName_ListsTheKnownOnes()
    {
        var error = Assert.Throws<ArgumentException>(() => ModelRegistry.Create(new ModelOptions { Name = "resnet-1000" }, seed: 0));

        Assert.Contains("'resnet-1000'", error.Message);
        Assert.All(ModelRegistry.Names, name => Assert.Contains(name, error.Message));
    }

    [Theory]
    [InlineData(WeightInitialization.He, 6)]
    [InlineData(WeightInitialization.Pytorch, 1)]
    public void Create_EachInitialization_DrawsUniformlyUpToItsBound(WeightInitialization initialization, double gain)
    {
        using var scope = NewDisposeScope();
        using var model = ModelRegistry.Create(new ModelOptions(), seed: 0, initialization);
        var weights = model.state_dict();

        // fc1 reads 3,136 values and has 401,408 weights: a uniform draw up to b has the deviation b / √3.
        var bound = Math.Sqrt(gain / 3136);
        Assert.InRange(weights["fc1.weight"].abs().max().item<float>(), 0.999 * bound, bound * (1 + 1e-6));   // The bound in float32 may lie above.
        Assert.Equal(bound / Math.Sqrt(3), weights["fc1.weight"].std().item<float>(), tolerance: 0.01 * bound);
        Assert.Equal(0, weights["fc1.bias"].abs().max().item<float>());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Create_ThenMoved_HasEveryNumberOnTheOtherDeviceUnderTheSameNames(string name)
    {
        using var model = ModelRegistry.Create(new ModelOptions { Name = name, WidthFactor = 0.25, Depth = 10, Mean = [0.5], StandardDeviation = [0.25], AuxiliaryNormalization = ModelRegistry.HasNormalization(name) }, seed: 0);
        var (names, trained) = (model.state_dict().Keys.ToList(), model.parameters().Count());
        using (NewDisposeScope())
        {
            model.to(META);
        }

        using var scope = NewDisposeScope();
        Assert.Equal(names, model.state_dict().Keys);   // A checkpoint of a GPU is that of a CPU.
        Assert.Equal(trained, model.parameters().Count(parameter => parameter.requires_grad));
        Assert.All(model.parameters().Concat(model.buffers()), tensor => Assert.Equal(DeviceType.META, tensor.device_type));

        // What the layers themselves hold, as they compute.
        Assert.All(model.modules().OfType<Convolution>(), layer => Assert.Equal((DeviceType.META, DeviceType.META), (layer.Weight.device_type, (layer.Bias ?? layer.Weight).device_type)));
        Assert.All(model.modules().OfType<LinearLayer>(), layer => Assert.Equal((DeviceType.META, DeviceType.META), (layer.Weight.device_type, layer.Bias.device_type)));
        Assert.All(model.modules().OfType<BatchNormalization>(), layer => Assert.Equal(DeviceType.META, layer.ScaleAndShift().Shift.device_type));
        Assert.Equal(DeviceType.META, Assert.Single(model.modules().OfType<PixelNormalization>()).call(ones([1, 1, 2, 2], device: META)).device_type);
    }

    [Fact]
    public void Validate_SeveralBadOptions_ReportsAllAtOnce()
    {
        var options = new ModelOptions { Name = "wide-resnet", Depth = 29, WidthFactor = double.NaN, Classes = 1, Mean = [0.5, 0.5] };

        var problems = options.Validate(new ValidationContext(options)).Select(problem => problem.ErrorMessage!).ToList();

        foreach (var option in new[] { "Depth", "WidthFactor", "Classes", "Mean and StandardDeviation", "Mean must have 1" })
        {
            Assert.Contains(problems, problem => problem.StartsWith(option, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("wrn-28-10", 1.0, null, "wide-resnet", 28, 10.0)]
    [InlineData("wrn-28-10", 0.5, 28, "wide-resnet", 28, 5.0)]
    [InlineData("dm-wrn-70-16", 1.0, null, "dm-wide-resnet", 70, 16.0)]
    [InlineData("wrn-16-2.5", 1.0, null, "wide-resnet", 16, 2.5)]
    [InlineData("wide-resnet", 4.0, 34, "wide-resnet", 34, 4.0)]
    [InlineData("wide-resnet", 4.0, null, "wide-resnet", 28, 4.0)]
    [InlineData("resnet-34", 0.25, null, "resnet-34", 28, 0.25)]   // Has one depth and does not read the option.
    public void Named_ANameOrAShortForm_GivesNameDepthAndWidth(string name, double width, int? depth, string expected, int expectedDepth, double expectedWidth)
    {
        var options = ModelRegistry.Named(name, width, depth);

        Assert.Equal((expected, expectedDepth, expectedWidth), (options.Name, options.Depth, options.WidthFactor));
        Assert.True(ModelRegistry.IsKnown(name));
        Assert.Equal(ModelRegistry.Describe(expected), ModelRegistry.Describe(name));
    }

    [Theory]
    [InlineData("resnet-18", 34, "resnet-18 has one depth")]
    [InlineData("wrn-28-10", 34, "wrn-28-10 says its depth already")]
    [InlineData("wrn-28", null, "Unknown model 'wrn-28'")]
    [InlineData("wrn-99999999999-10", null, "Unknown model")]
    [InlineData("wrn-28-10 ", null, "Unknown model")]
    public void Named_WhatDoesNotGo_SaysWhy(string name, int? depth, string expected) =>
        Assert.Contains(expected, Assert.Throws<ArgumentException>(() => ModelRegistry.Named(name, depth: depth)).Message, StringComparison.Ordinal);

    [Fact]
    public void Validate_OptionsThatANetworkDoesNotTake_AreRefused()
    {
        foreach (var (options, member) in new (ModelOptions, string)[]
        {
            (new() { Name = "resnet-18", Activation = Activation.Silu }, nameof(ModelOptions.Activation)),
            (new() { AuxiliaryNormalization = true }, nameof(ModelOptions.AuxiliaryNormalization)),
            (new() { Name = "resnet-18", AuxiliaryNormalization = true, NormalizationLayer = NormalizationLayer.Group }, nameof(ModelOptions.AuxiliaryNormalization)),
            (new() { Name = "dm-wide-resnet", Height = 30, Width = 30 }, nameof(ModelOptions.Height)),
        })
        {
            Assert.Contains(member, Assert.Single(options.Validate(new ValidationContext(options))).MemberNames);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Create_SameSeedTwice_GivesTheSameBitsWhateverTheGlobalGenerator(string name)
    {
        using var scope = NewDisposeScope();
        var options = Narrow(name);

        manual_seed(1);
        using var first = ModelRegistry.Create(options, seed: 7);
        manual_seed(2);
        using var second = ModelRegistry.Create(options, seed: 7);
        using var other = ModelRegistry.Create(options, seed: 8);

        Assert.Equal(Weights(first), Weights(second));
        Assert.NotEqual(Weights(first), Weights(other));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_IsHeadOfFeatures(string name)
    {
        using var scope = NewDisposeScope();
        using var model = ModelRegistry.Create(Narrow(name), seed: 1);
        model.eval();
        var images = rand([2, 3, 12, 20], generator: new Generator(3));

        var features = model.Features(images);

        Assert.Equal([2, model.FeatureDimension], features.shape);
        Assert.Equal([2, 5], model.Logits(features).shape);
        Assert.True(model.Logits(features).equal(model.call(images)).all().item<bool>());
        Assert.Equal([$"{model.HeadName}.bias", $"{model.HeadName}.weight"], model.HeadParameterNames.Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Create_InsideADisposeScope_OutlivesIt(string name)
    {
        ImageClassifier model;
        using (NewDisposeScope())
        {
            model = ModelRegistry.Create(Narrow(name), seed: 1);
        }

        using (model)
        using (NewDisposeScope())
        {
            Assert.Equal([1, 5], model.call(zeros(1, 3, 12, 20)).shape);
        }
    }

    [Fact]
    public void PixelNormalization_IsPartOfTheFunctionButNotOfTheStateDictionary()
    {
        using var scope = NewDisposeScope();
        double[] mean = [0.1, 0.2, 0.3], deviation = [0.5, 0.25, 2];
        using var plain = ModelRegistry.Create(Narrow("resnet-18") with { Mean = null, StandardDeviation = null }, seed: 1);
        using var normalized = ModelRegistry.Create(Narrow("resnet-18") with { Mean = mean, StandardDeviation = deviation }, seed: 1);
        plain.eval();
        normalized.eval();
        var images = rand([2, 3, 12, 20], generator: new Generator(3));
        var byHand = (images - tensor(mean, ScalarType.Float32).view(1, 3, 1, 1)) / tensor(deviation, ScalarType.Float32).view(1, 3, 1, 1);

        var difference = (normalized.call(images) - plain.call(byHand)).abs().max().item<float>();

        Assert.Equal(plain.state_dict().Keys, normalized.state_dict().Keys);
        Assert.InRange(difference, 0, 1e-5);   // float32 rounding through 18 layers
    }

    private static ModelOptions Narrow(string name) => new()
    {
        Name = name,
        WidthFactor = name.EndsWith("wide-resnet", StringComparison.Ordinal) ? 1 : 0.125,
        Depth = 10,
        Classes = 5,
        Channels = 3,
        Height = 12,
        Width = 20,
        Mean = [0.4, 0.5, 0.6],
        StandardDeviation = [0.2, 0.2, 0.2],
    };

    private static List<byte[]> Weights(ImageClassifier model) => [.. model.parameters().Select(parameter => parameter.bytes.ToArray())];
}
