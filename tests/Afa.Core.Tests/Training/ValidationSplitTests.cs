using Afa.Data;
using Afa.Tests.Data;
using Afa.Training;
using Xunit;

namespace Afa.Tests.Training;

public class ValidationSplitTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(80)]
    public void Plan_WithHeldOutImages_LeavesThemOutAndUsesTheRest(int trainImages)
    {
        var dataset = DataFolder.Dataset(200);
        var options = Options(trainImages, heldOut: 70);

        var heldOut = ValidationSplit.Draw(dataset, options);
        var trained = TrainingShard.Plan(dataset, options).SelectMany(shard => shard).ToList();

        Assert.Equal(heldOut.Order().Distinct(), heldOut);
        Assert.Empty(trained.Intersect(heldOut));
        Assert.Equal(trainImages == 0 ? 130 : 80, trained.Distinct().Count());
        Assert.All(Enumerable.Range(0, 10), label => Assert.Equal(7, heldOut.Count(i => dataset.Labels.Span[i] == label)));
        Assert.All(Enumerable.Range(0, 10), label => Assert.Equal(trained.Count / 10, trained.Count(i => dataset.Labels.Span[i] == label)));
    }

    [Fact]
    public void Draw_OtherTrainImages_GivesTheSameAndAnotherSeedOthers()
    {
        var dataset = DataFolder.Dataset(200);

        Assert.Equal(ValidationSplit.Draw(dataset, Options(0, 40)), ValidationSplit.Draw(dataset, Options(80, 40)));
        Assert.NotEqual(ValidationSplit.Draw(dataset, Options(0, 40)), ValidationSplit.Draw(dataset, Options(0, 40) with { Seed = 1 }));
    }

    [Fact]
    public void Plan_WithoutHeldOutImages_IsThatOfTheSubset()
    {
        var dataset = DataFolder.Dataset(200);
        var trained = TrainingShard.Plan(dataset, Options(80, 0)).SelectMany(shard => shard).Order();

        Assert.Equal(ClassBalancedSubset.Draw(dataset.Labels.Span, 80, seed: 0), trained);
        Assert.Equal(Enumerable.Range(0, 200), TrainingShard.Plan(dataset, Options(0, 0)).SelectMany(shard => shard).Order());
    }

    [Fact]
    public void Parts_TogetherAreAllImagesOnceAsTheyAre()
    {
        var dataset = DataFolder.Dataset(200);
        var options = Options(0, heldOut: 2 * ValidationSplit.PartSize + 2);
        var split = new ValidationSplit(dataset, options);

        var parts = Enumerable.Range(0, ValidationSplit.Parts(options.Validation)).Select(split.Part).ToList();

        Assert.Equal([ValidationSplit.PartSize, ValidationSplit.PartSize, 2], parts.Select(part => part.Count));
        Assert.Equal(ValidationSplit.Draw(dataset, options), parts.SelectMany(part => part.SampleIds));
        Assert.All(parts, part => Assert.Equal(dataset.Select(part.SampleIds).Pixels, part.Pixels));
    }

    [Fact]
    public void Plan_MoreImagesThanThereAre_NamesTheNumbers()
    {
        var dataset = DataFolder.Dataset(200);

        Assert.Contains("150 of them are held out", Assert.Throws<ArgumentException>(() => TrainingShard.Plan(dataset, Options(80, 150))).Message, StringComparison.Ordinal);
        Assert.Contains("Validation.Images is 200", Assert.Throws<ArgumentException>(() => TrainingShard.Plan(dataset, Options(0, 200))).Message, StringComparison.Ordinal);
    }

    private static TrainingOptions Options(int trainImages, int heldOut) => new() { TrainImages = trainImages, BatchSize = 20, Validation = new() { Images = heldOut } };
}
