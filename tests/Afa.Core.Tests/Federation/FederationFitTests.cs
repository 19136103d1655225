using System.ComponentModel.DataAnnotations;
using Afa.Federation;
using Afa.Training;
using Xunit;

namespace Afa.Tests.Federation;

public class FederationFitTests
{
    [Fact]
    public void Problems_OfASmallFederation_AreNone() => Assert.Empty(Problems(SmallFederation.Options()));

    [Fact]
    public void FedBn_WithoutNormalization_IsRefused()
    {
        var options = SmallFederation.Options() with { Strategy = new() { Kind = StrategyKind.FedBn } };
        Assert.Contains("small-cnn has none", Assert.Single(Problems(options)), StringComparison.Ordinal);
        Assert.Empty(Problems(options with { Training = options.Training with { Model = "resnet-18" } }));
    }

    [Fact]
    public void TransferAttack_IsRefused()
    {
        var options = SmallFederation.Options() with { Evaluation = new() { Attacks = ["transfer:runs/a/epoch-1"] } };
        Assert.Contains("from another checkpoint", Assert.Single(Problems(options)), StringComparison.Ordinal);
    }

    [Fact]
    public void Owners_WithAFolder_SayWhatItHolds_AndNobodyLooksIntoIt()
    {
        var options = SmallFederation.Options() with { Owners = ["a", "b"] };
        options = options with { Training = options.Training with { Dataset = "/nowhere/scans" } };

        var problem = Assert.Single(Problems(options));
        Assert.Contains("Training.ImageShape (CLASSESxCHANNELSxHEIGHTxWIDTH, such as 10x3x32x32) must say", problem, StringComparison.Ordinal);
        Assert.Contains("/nowhere/scans", problem, StringComparison.Ordinal);

        var told = options with { Training = options.Training with { ImageShape = "5x3x32x48" } };
        Assert.Empty(Problems(told));
        var model = told.LocalTraining().ModelOptions();
        Assert.Equal((5, 3, 32, 48), (model.Classes, model.Channels, model.Height, model.Width));
        Assert.Equal(8.0 / 255, told.LocalTraining().AttackEpsilon());
        Assert.Equal(5 * (long)SmallFederation.Start(told).Model["fc2.weight"].Shape[1], SmallFederation.Start(told).Model.Values("fc2.weight").Length);
    }

    [Theory]
    [InlineData("/nowhere/scans", "5x3x32", "must be CLASSESxCHANNELSxHEIGHTxWIDTH, such as 10x3x32x32, with up to 256 classes and 1 or 3 channels, not '5x3x32'.")]
    [InlineData("/nowhere/scans", "5x3x2x32", "Training.Model: Height must be in")]
    [InlineData("fashion-mnist", "10x1x28x28", "the shape of 'fashion-mnist' is known")]
    public void Owners_WithAShapeThatCannotBe_AreRefused(string dataset, string shape, string problem)
    {
        var options = SmallFederation.Options() with { Owners = ["a", "b"] };
        options = options with { Training = options.Training with { Dataset = dataset, ImageShape = shape } };

        Assert.Contains(problem, Assert.Single(Problems(options)), StringComparison.Ordinal);
    }

    [Fact]
    public void Experiment_WithAShape_IsRefused()
    {
        var options = SmallFederation.Options();
        options = options with { Training = options.Training with { Dataset = "/nowhere/scans", ImageShape = "5x3x32x48" } };

        Assert.Contains(Problems(options), problem => problem.StartsWith("Training.ImageShape is for folders of owners", StringComparison.Ordinal));
    }

    [Fact]
    public void Images_OfAnotherShape_AreRefused()
    {
        var images = SmallFederation.Images(6);   // 10 classes of 1 x 28 x 28.
        var options = SmallFederation.Options().Training with { Dataset = "/nowhere/scans", ImageShape = "10x1x28x28" };

        options.RequireShape(images.Description);
        var refused = Assert.Throws<ArgumentException>(() => (options with { ImageShape = "10x1x28x32" }).RequireShape(images.Description));
        Assert.Contains("ImageShape is 10x1x28x32 (CLASSESxCHANNELSxHEIGHTxWIDTH), but the images are 10x1x28x28.", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new TrainingShard(images, options with { ImageShape = "9x1x28x28" }, shard: 0));
    }

    private static string[] Problems(FederationOptions options) => [.. options.Validate(new ValidationContext(options)).Select(problem => problem.ErrorMessage!)];
}
